/* xload_modes: the runs that `modes` lists, where they are defined in files of their own. */
#ifndef XLOAD_MODES_H
#define XLOAD_MODES_H

/* xload_traffic.c */
void run_chat(void);
void run_raw(void);
void run_ping(void);
void run_component(void);

/* xload_groups.c */
void run_muc(void);
void run_roster(void);
void run_presence(void);

#endif
