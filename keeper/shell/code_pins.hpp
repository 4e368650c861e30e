// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "chain/abi/query.hpp"
#include "keeper/shell/market.hpp"

namespace outrigger {

/// A contract whose answers decisions rest on.
struct ContractInUse {
    std::string name;  // "aave.pool", "feed ETH", for messages
    Address address{};
};

/// Those of the configuration and the market: position managers, venues, feeds, tokens, the reading contract.
std::vector<ContractInUse> contracts_in_use(const config::Settings& settings, const Market& market);

/// keccak256 of code by address, as text; an empty text where there is no code.
using CodeHashes = std::map<std::string, std::string>;

/// What the chain has at the pinned block, read in one batch. Errors: why it could not be read.
Result<CodeHashes> read_code_hashes(BatchReader& reader, const Pins& pins,
                                    const std::vector<ContractInUse>& contracts);

/// What is wrong with the code seen: contracts without any, and those whose code is not the known one.
/// Nothing when nothing is.
std::optional<std::string> code_fault(const std::vector<ContractInUse>& contracts, const CodeHashes& known,
                                      const CodeHashes& seen);

}  // namespace outrigger
