// Zstandard: cold pages at rest.
#pragma once
#include <zstd.h>
