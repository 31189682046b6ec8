// librrd: the thread-safe `_r` calls only, and rrd_graph_v, which is called by one thread at a time.
#pragma once
#include <rrd.h>
