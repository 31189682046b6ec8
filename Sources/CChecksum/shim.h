// The processor's own instruction for CRC32C, which Swift cannot write down: eight bytes in three cycles. No
// library stands behind this door.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>

// Bit 20 of ECX: SSE 4.2.
static inline int martlet_has_crc32c(void) {
  unsigned int a, b, c, d;
  return __get_cpuid(1, &a, &b, &c, &d) && (c & (1u << 20)) != 0;
}

__attribute__((target("sse4.2"))) static inline uint32_t martlet_crc32c(uint32_t crc, const void *bytes,
                                                                        size_t count) {
  const unsigned char *next = (const unsigned char *)bytes;
  uint64_t value = crc;
  for (; count >= 8; count -= 8, next += 8) {
    uint64_t word;
    memcpy(&word, next, 8);
    value = __builtin_ia32_crc32di(value, word);
  }
  for (; count > 0; count--, next++) value = __builtin_ia32_crc32qi((uint32_t)value, *next);
  return (uint32_t)value;
}
#else
static inline int martlet_has_crc32c(void) { return 0; }

static inline uint32_t martlet_crc32c(uint32_t crc, const void *bytes, size_t count) {
  (void)bytes;
  (void)count;
  return crc;
}
#endif
