// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "chain/base/result.hpp"
#include "hedge/venue/venue.hpp"

namespace outrigger::store {

/// Exact integers by name as a JSON object of decimal strings.
std::string facts_json(const std::map<std::string, I256>& facts);

/// Expectations as JSON and back. Errors: Errc::storage when it is not what expectations_json wrote.
std::string expectations_json(const std::vector<Expectation>& expect);
Result<std::vector<Expectation>> expectations_from(const std::string& json);

}  // namespace outrigger::store
