#include <zlib.h>

/* inflateInit2 is a macro; Swift cannot call it. */
static inline int wd_inflate_init(z_stream *stream, int window_bits) { return inflateInit2(stream, window_bits); }
static inline int wd_deflate_init(z_stream *stream, int level, int window_bits) {
    return deflateInit2(stream, level, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
}
