// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "chain/rpc/probe.hpp"
#include "config/settings.hpp"

namespace outrigger::cli {

/// One configured endpoint: what it does, what it is used for, and whether that fits.
struct EndpointReport {
    EndpointProbe probe;
    std::string uses;                   // "reading (first choice), sending"
    std::vector<std::string> failures;  // why it cannot do what it is there for
    std::vector<std::string> remarks;   // what it does worse than one would wish, or could not be measured
    std::string key{};                  // where it stands in the configuration
    std::optional<std::chrono::seconds> head_age{};  // nothing: unknown, or the chain keeps its own time
};

/// Measures every configured endpoint, all at once, each within the rate configured for it.
std::vector<EndpointReport> probe_endpoints(const config::ChainSettings& chain);

/// What the configuration uses the endpoint at this place of the list for.
std::string uses_of(const config::ChainSettings& chain, std::size_t at);
/// What is wrong with an endpoint for its uses, put into its report.
void judge(EndpointReport& report, const config::ChainSettings& chain, std::size_t at);

/// Remarks on the endpoints that are read and whose heads are so much older than another's that a round sets
/// them aside.
void compare_heads(std::vector<EndpointReport>& reports, const config::ChainSettings& chain);

/// The measurements in one line, without the endpoint's name.
std::string sentence(const EndpointProbe& probe);
/// The report as JSON: what could not be measured is null, with the reason under "unknown".
nlohmann::json document(const EndpointReport& report);

}  // namespace outrigger::cli
