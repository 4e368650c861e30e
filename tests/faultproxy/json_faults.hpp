// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "tests/faultproxy/fault_proxy.hpp"

namespace outrigger::test::faults {

/// Answers every call with this text as its result, valid JSON or not.
Fault result_text(std::string text);
/// With arrays nested so deep, a number of so many digits, an object of so many keys.
Fault deep(std::size_t levels);
Fault long_number(std::size_t digits);
Fault many_keys(std::size_t keys);
/// Says every answer's result twice, the second time wrongly.
Fault doubled_keys();

}  // namespace outrigger::test::faults
