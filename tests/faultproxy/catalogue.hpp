// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "chain/base/result.hpp"
#include "tests/faultproxy/fault_proxy.hpp"

namespace outrigger::test {

/// A fault that can be asked for by name.
struct NamedFault {
    std::string name;
    std::string argument;  // what stands after the colon when nothing is given; empty: it takes none
    std::string help;
    std::function<Fault(const std::string& argument)> make;
};

/// All of them, by kind.
const std::vector<NamedFault>& fault_catalogue();

/// The fault of "name" or "name:argument".
/// Errors: Errc::not_found for a name that is not in the catalogue, Errc::config for a wrong argument.
Result<Fault> named_fault(const std::string& text);

}  // namespace outrigger::test
