// OpenBLAS: CBLAS by its header, and the few LAPACK symbols that Debian's build exports without one.
#pragma once
#include <cblas.h>
