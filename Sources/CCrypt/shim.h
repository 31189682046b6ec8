// libxcrypt, a part of every Debian: bcrypt and its kin, for the users of a Prometheus web.config.
#pragma once
#include <crypt.h>
