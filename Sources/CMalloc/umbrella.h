// glibc's knobs of malloc, which Swift's Glibc module leaves out; empty on other systems.
#if defined(__has_include)
#if __has_include(<malloc.h>)
#include <malloc.h>
#endif
#endif
