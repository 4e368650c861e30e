// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "tests/faultproxy/fault_proxy.hpp"

namespace outrigger::test {

/// What to do with one call and its answer.
using EachCall = std::function<void(const nlohmann::json& call, nlohmann::json& answer)>;

/// Calls f with every call and its answer, batch or not; answers without an id are left alone.
void each_call(const nlohmann::json& asked, nlohmann::json& answered, const EachCall& f);

/// True when that method is among what is asked.
bool asks(const nlohmann::json& asked, const std::string& method);

namespace faults {

/// Changes the answers to one method.
Fault on_answers_to(std::string method, EachCall change);
/// The fault, only for requests that ask that method.
Fault only_for(std::string method, Fault fault);
/// The fault, only the first so many times, or every so many times.
Fault at_most(std::size_t times, Fault fault);
Fault every(std::size_t nth, Fault fault);
/// One after the other; the first that answers by itself ends it.
Fault both(Fault first, Fault second);

}  // namespace faults
}  // namespace outrigger::test
