// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chain/base/bytes.hpp"
#include "chain/base/chain_types.hpp"
#include "chain/base/result.hpp"

namespace outrigger::config {

/// How a transaction pays for itself.
enum class FeeModel : std::uint8_t {
    eip1559,   // base fee and tip
    arbitrum,  // the same, and the gas estimate includes the cost of layer 1 data
};

struct Token {
    std::string symbol;  // unique within a network
    Address address{};
    std::uint8_t decimals = 0;
    std::string asset;  // what it is priced as: "ETH" of WETH
};

/// A Chainlink feed of an asset in USD.
struct Feed {
    std::string asset;
    Address proxy{};
    std::chrono::seconds heartbeat{0};  // the longest age believed; at most the published heartbeat
    double deviation_ratio = 0;         // a move that large publishes a new round at once
};

/// A Chainlink feed of an asset in another asset: wstETH in ETH.
struct ComposedFeed {
    std::string asset;
    Address proxy{};
    std::string through;  // the other asset; it needs a feed in USD
    std::chrono::seconds heartbeat{0};
    double deviation_ratio = 0;
};

/// A Pyth price of an asset in USD.
struct PythPrice {
    std::string asset;
    Hash32 id{};
    std::chrono::seconds max_age{0};  // Pyth is pulled: nobody promises to push
    double max_confidence_ratio = 0;  // a wider price is none
};

struct UniswapV3Addresses {
    Address factory{};
    Address position_manager{};
    Address router{};  // SwapRouter02
    Address quoter{};  // QuoterV2
};

struct UniswapV4Addresses {
    Address pool_manager{};
    Address position_manager{};
    Address state_view{};
};

struct AaveV3Addresses {
    Address pool{};
    Address data_provider{};
    Address oracle{};
};

struct PerpV2Addresses {
    Address clearing_house{};
    Address vault{};
    Address account_balance{};
    Address exchange{};
    Address market_registry{};
    std::map<std::string, Address> base;  // base token by asset: "ETH"
};

/// One chain: its identity and where everything is on it.
struct Network {
    std::string name;
    ChainId chain_id{};
    double block_time_s = 0;  // 0: not known
    FeeModel fee_model = FeeModel::eip1559;
    bool ethereum_headers = false;  // later times and EIP-1559 base fees exactly as on Ethereum
    Address multicall3{};
    UniswapV3Addresses uniswap_v3;
    std::optional<UniswapV4Addresses> uniswap_v4;  // empty: not deployed there
    std::optional<AaveV3Addresses> aave_v3;
    std::optional<PerpV2Addresses> perp_v2;
    std::vector<Token> tokens;
    std::vector<Feed> feeds;
    std::vector<ComposedFeed> composed_feeds;
    std::optional<Address> pyth;  // the Pyth contract
    std::vector<PythPrice> pyth_prices;
    std::optional<Address> sequencer_uptime;   // Chainlink's uptime feed of an L2's sequencer
    std::map<std::string, Address> addresses;  // everything by its dotted name: "aave.pool", "perp.base.WETH"
    std::map<std::string, std::string> settings;  // configuration defaults of this chain, by key

    /// The token of that symbol, or null.
    const Token* token(std::string_view symbol) const;
    /// The token at that address, or null.
    const Token* token_at(const Address& address) const;
    /// The feed of that asset, or null.
    const Feed* feed(std::string_view asset) const;
    /// The address of that dotted name, or nothing.
    std::optional<Address> address(std::string_view name) const;
};

/// The network in `json`: a file of config/networks or a devnet's world file, told apart by their fields.
/// Its settings alone may be given (the devnet preset); `complete` demands the addresses as well.
/// Errors: Errc::config, naming the field.
Result<Network> parse_network(std::string_view json, bool complete = true);
/// The typed addresses again, from `addresses`, after some of those were replaced. Errors: Errc::config, what
/// is missing.
Result<void> derive_addresses(Network& network);

/// What a token symbol is priced as: ETH of WETH, BTC of WBTC, itself otherwise.
std::string asset_of(std::string_view symbol);
/// Whether the asset is a dollar: USDC, USDT, DAI.
bool is_quote_asset(std::string_view asset);

/// The names of the presets compiled in, devnet included.
std::vector<std::string> preset_names();
/// The preset's file as compiled in; empty for a name that has none ("custom").
std::string_view preset_text(std::string_view name);

}  // namespace outrigger::config
