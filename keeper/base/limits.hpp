// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "chain/tx/lifecycle.hpp"
#include "chain/tx/policy.hpp"
#include "keeper/base/universe.hpp"

/// What the keeper and its signer must each know for themselves: the limits, and what a call means.
namespace outrigger {

/// Most gas one transaction may take: just under EIP-7825's cap.
inline constexpr std::uint64_t kGasLimitMax = 16'700'000;

/// The directory of what a live or a dry run remembers: <datadir>/<preset>/<mode>.
std::string ledger_directory(const config::Settings& settings, bool live);
/// The file whose presence forbids signatures.
std::string kill_switch_path(const config::Settings& settings);

/// The absolute fee caps as configured; never from a node.
tx::FeePolicy fee_policy(const config::Settings& settings);

/// The gate's limits as configured. Live has all of them; a dry run judges with what there is.
tx::PolicyLimits policy_limits(const config::Settings& settings,
                               const std::vector<std::unique_ptr<Venue>>& venues, const Address& account);

/// Errors: Errc::stale when it is missing.
Result<double> price_of(const std::map<AssetId, double>& price_usd, AssetId asset);

/// The policy's words for what a venue reads back from the bytes of a call.
/// Errors: Errc::rejected when the venue does not know the call; Errc::stale when a price is missing.
Result<tx::Reading> read_back(const Venue& venue, const TxCall& call,
                              const std::map<AssetId, double>& price_usd, const Universe& universe,
                              const Address& self);

}  // namespace outrigger
