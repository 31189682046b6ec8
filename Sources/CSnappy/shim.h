// Snappy's C face: block format only, which is what remote write speaks.
#pragma once
#include <snappy-c.h>
