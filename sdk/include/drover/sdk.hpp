// Everything a driver author needs: include this and write a class (drover/sdk/driver.hpp shows which).
#pragma once

#include "drover/abi.h"
#include "drover/sdk/call.hpp"
#include "drover/sdk/checks.hpp"
#include "drover/sdk/config.hpp"
#include "drover/sdk/driver.hpp"
#include "drover/sdk/error.hpp"
#include "drover/sdk/extensions.hpp"
#include "drover/sdk/guard.hpp"
#include "drover/sdk/host.hpp"
#include "drover/sdk/paging.hpp"
#include "drover/sdk/requests.hpp"
#include "drover/sdk/sink.hpp"
#include "drover/sdk/text.hpp"
#include "drover/sdk/volume.hpp"
