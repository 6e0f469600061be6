// web: what xmpp.js takes for granted and Node 18, Debian 12's, keeps in a module. Imported before it.
import { webcrypto } from "node:crypto";

globalThis.crypto ??= webcrypto;
