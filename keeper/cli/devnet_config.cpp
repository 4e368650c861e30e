// SPDX-License-Identifier: Apache-2.0
#include "keeper/cli/devnet_config.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "keeper/base/files.hpp"

namespace outrigger::cli {

Result<std::string> devnet_config(const LocalChainInfo& chain, const std::string& datadir) {
    const auto text = OR_TRY(read_file(chain.world, 4 << 20));
    const auto world = nlohmann::json::parse(text, nullptr, false);
    if (!world.is_object() || !world.contains("positions") || !world.contains("keystores"))
        return fail(Errc::decode, chain.world + " is not a world file");
    const auto token_id = [&](const char* name) {
        const auto& id = world["positions"][name];
        return id.is_string() ? id.get<std::string>() : id.dump();
    };
    return fmt::format(R"toml(# A configuration for the local chain at {rpc}. Nothing here is real money.
schema = 1

[chain]
preset = "devnet"
world = "{world}"

[[chain.rpc]]
url = "{rpc}"

[key]                                # the built-in test key; not read in a dry run
keystore_file = "{keystore}"
password_file = "{password}"
address = "{address}"

[defaults.thresholds]
rehedge_cooldown = "2m"

[defaults.limits]
max_slippage_bps = 60
max_gas_gwei = 20.0
max_gas_usd_per_tx = 50.0
max_gas_usd_per_day = 1000.0
max_trades_per_day = 200

[[position]]                         # hedged in the same asset: borrow ETH on Aave and sell it
name = "eth-usdc"
uniswap_v3 = {eth}
venues = ["aave"]

[[position]]                         # ARB can be borrowed or shorted nowhere here: hedged through ETH and BTC
name = "arb-usdc"
uniswap_v3 = {arb}
venues = ["perp"]

[venues.aave]
kind = "aave-v3"

[venues.perp]
kind = "perp-v2"

[guard]
max_tx_usd = 100000.0
max_hour_usd = 2000000.0
max_day_usd = 5000000.0

[storage]
datadir = "{datadir}"
)toml",
                       fmt::arg("rpc", chain.rpc), fmt::arg("world", chain.world),
                       fmt::arg("keystore", world["keystores"].value("cast", "")),
                       fmt::arg("password", world["keystores"].value("password_file", "")),
                       fmt::arg("address", world["accounts"].value("keeper", "")),
                       fmt::arg("eth", token_id("eth-usdc")), fmt::arg("arb", token_id("arb-usdc")),
                       fmt::arg("datadir", datadir));
}

}  // namespace outrigger::cli
