// librrd: the thread-safe `_r` calls only.
#pragma once
#include <rrd.h>
