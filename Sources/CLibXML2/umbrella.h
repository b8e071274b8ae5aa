#include <libxml/xmlversion.h>
/* Debian's libxml2 is built with ICU, whose headers contradict those of the ICU inside Foundation: a compiler that meets both stops. What
   they add to libxml2's own (two pointers at the end of xmlCharEncodingHandler, which is never made here) is not needed. */
#undef LIBXML_ICU_ENABLED
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/HTMLparser.h>
