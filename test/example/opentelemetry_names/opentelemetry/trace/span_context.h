#pragma once

#include <opentelemetry/names.h>
