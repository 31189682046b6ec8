// zlib: gzip for HTTP bodies and scrapes. deflateInit2 and inflateInit2 are macros, so Swift needs
// a function for each.
#pragma once
#include <zlib.h>

static inline int martlet_inflate_init(z_stream *stream, int window_bits) {
  return inflateInit2(stream, window_bits);
}

static inline int martlet_deflate_init(z_stream *stream, int level, int window_bits) {
  return deflateInit2(stream, level, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
}
