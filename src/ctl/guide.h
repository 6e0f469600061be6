/* guide: help texts at every level, from the operation registry. */
#ifndef MEERKAT_CTL_GUIDE_H
#define MEERKAT_CTL_GUIDE_H

#include "base/buf.h"
#include "route/operation.h"

void guide_program(struct buf *out);
void guide_category(struct buf *out, struct str category);
extern const char guide_graphql[];
void guide_operation(struct buf *out, const struct operation *o);

#endif
