// SPDX-License-Identifier: Apache-2.0
// The delta and gamma the hedge is built on, against finite differences of what the contracts on the devnet
// pay.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "chain/base/hex.hpp"
#include "chain/base/quantize.hpp"
#include "chain/pool/uniswap_v3.hpp"
#include "chain/rpc/batch_reader.hpp"
#include "chain/rpc/curl_transport.hpp"
#include "hedge/exposure.hpp"
#include "tests/support/devnet.hpp"

namespace outrigger {
namespace {

using nlohmann::json;
constexpr ChainId kChain{31337};

/// What the contracts pay for a position once the pool stands at a price, in USDC, and the curve we read.
struct Point {
    ConcentratedCurve curve;
    double weth_price = 0;
    double value_usdc = 0;
    double weth = 0;
};

class V3Delta : public ::testing::Test {
  protected:
    void SetUp() override {
        auto started = test::Devnet::start();
        ASSERT_TRUE(started) << started.error().what;
        devnet_ = *std::move(started);
        NodeSetOptions options;
        options.head_age = {std::nullopt, std::nullopt};
        nodes_ = std::make_unique<NodeSet>(transport_, kChain, std::vector<Endpoint>{{devnet_->rpc_url()}},
                                           options);
        reader_ = std::make_unique<MulticallReader>(std::map<ChainId, NodeSet*>{{kChain, nodes_.get()}});
        tokens_ = {{address("tokens.USDC"), 6, AssetId(0), "USDC"},
                   {address("tokens.WETH"), 18, AssetId(1), "WETH"}};
    }
    Address address(const std::string& name) {
        return parse_address(devnet_->world().at("addresses").at(name).get<std::string>()).value();
    }
    json post(const std::string& path, const json& body) {
        auto answer = devnet_->post(path, body);
        EXPECT_TRUE(answer) << path << " " << body.dump() << ": " << answer.error().what;
        return answer.value_or(json::object());
    }
    static std::uint64_t number(const json& id) {
        return id.is_string() ? std::stoull(id.get<std::string>()) : id.get<std::uint64_t>();
    }

    Point at(std::uint64_t id, double price) {
        post("/pool", {{"WETH", price}});
        const Pins pins{{kChain, nodes_->latest(TimePoint{}).value().block}};
        const PoolSpec spec{"uniswap-v3", "p", kChain, address("v3.npm"), U256(id)};
        const auto pool = open_uniswap_v3(*reader_, pins, spec, TokenTable::make(tokens_).value()).value();
        const LpView view = reader_->read(pins, pool->position()).value();
        const auto quote = post("/position_quote", {{"token_id", id}});
        // USDC is token0 of this pool: token1 per token0 is WETH per USDC.
        Point out{view.curve, 1 / view.pool_price, 0, 0};
        out.weth = to_units(U256::from_decimal(quote.at("amount1").get<std::string>()).value(), 18);
        out.value_usdc = to_units(U256::from_decimal(quote.at("amount0").get<std::string>()).value(), 6) +
                         out.weth * out.weth_price;
        return out;
    }

    std::unique_ptr<test::Devnet> devnet_;
    CurlTransport transport_;
    std::unique_ptr<NodeSet> nodes_;
    std::unique_ptr<MulticallReader> reader_;
    std::vector<TokenInfo> tokens_;
};

TEST_F(V3Delta, DeltaAndGammaAreTheFiniteDifferencesOfWhatTheContractsPay) {
    // A large position, so that the six decimals of USDC do not limit the comparison.
    const auto made = post("/mint", {{"pool", "WETH-USDC"},
                                     {"tick_lower", 194000},
                                     {"tick_upper", 198000},
                                     {"amount0_desired", "30000000000000"},
                                     {"amount1_desired", "10000000000000000000000"}});
    const std::uint64_t id = number(made.at("token_id"));
    for (const double price : {2700.0, 2950.0, 3152.4, 3300.0}) {
        const double h = price * 2e-4;
        const Point low = at(id, price - h);
        const Point high = at(id, price + h);
        const double move = high.weth_price - low.weth_price;
        ASSERT_GT(move, h);
        const auto greeks = concentrated_greeks(low.curve, 1.0, (low.weth_price + high.weth_price) / 2);
        ASSERT_TRUE(greeks) << greeks.error().what;
        EXPECT_NEAR(greeks->delta1 * move / (high.value_usdc - low.value_usdc), 1.0, 1e-6) << "at " << price;
        EXPECT_NEAR(greeks->gamma11 * move / (high.weth - low.weth), 1.0, 1e-6) << "at " << price;
    }
}

}  // namespace
}  // namespace outrigger
