// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/functions.hpp"

#include "chain/abi/multicall.hpp"
#include "chain/pool/uniswap_v2_abi.hpp"
#include "chain/pool/uniswap_v3_abi.hpp"
#include "chain/pool/uniswap_v4_abi.hpp"
#include "hedge/venue/contracts.hpp"
#include "oracle/chainlink_abi.hpp"

namespace outrigger::conformance {
namespace {

template <class... F>
void add(std::vector<ContractFunction>& table) {
    (table.push_back(describe<F>()), ...);
}

void add_multicall3(std::vector<ContractFunction>& table) {
    using namespace abi::multicall3;
    add<Aggregate3, GetBlockNumber, GetBlockHash, GetCurrentBlockTimestamp, GetEthBalance, GetChainId>(table);
}

void add_uniswap_v3(std::vector<ContractFunction>& table) {
    using namespace v3;
    add<Positions, OwnerOf, Factory, GetPool, Slot0, Observe, Observations, FeeGrowthGlobal0,
        FeeGrowthGlobal1, Ticks, PoolPositions, Deposits>(table);
    add<pancake_v3::Slot0, pancake_v3::UserPositionInfos>(table);
    add<slipstream::Positions, slipstream::GetPool, slipstream::Slot0, slipstream::Ticks, slipstream::Fee,
        slipstream::Gauge, slipstream::StakedContains>(table);
}

void add_uniswap_v2(std::vector<ContractFunction>& table) {
    using namespace v2;
    add<Factory, Token0, Token1, GetReserves, KLast, GetPair, FeeTo>(table);
}

void add_uniswap_v4(std::vector<ContractFunction>& table) {
    using namespace v4;
    add<PoolAndPositionInfo, PositionLiquidity, GetSlot0, GetPositionInfo, GetFeeGrowthInside>(table);
}

void add_chainlink(std::vector<ContractFunction>& table) {
    using namespace chainlink;
    add<LatestRoundData, GetRoundData, Description, Aggregator, PhaseAggregators, MinAnswer, MaxAnswer,
        MinSubmissionValue, MaxSubmissionValue, LatestRound>(table);
}

void add_erc20(std::vector<ContractFunction>& table) {
    using namespace erc20;
    add<BalanceOf, Allowance, Approve, Decimals, Symbol, SymbolBytes32, TotalSupply>(table);
}

void add_swap_router02(std::vector<ContractFunction>& table) {
    using namespace swap_router02;
    add<ExactInputSingle, ExactOutputSingle, Multicall>(table);
}

void add_aave(std::vector<ContractFunction>& table) {
    using namespace aave;
    add<Supply, Withdraw, Borrow, Repay, GetUserAccountData, GetUserEMode, GetUserReserveData,
        GetReserveConfigurationData, GetPaused, GetReserveCaps, GetReserveData, GetAssetPrice>(table);
}

void add_perp(std::vector<ContractFunction>& table) {
    using namespace perp;
    add<Deposit, Withdraw, OpenPosition, ClosePosition, GetAccountValue, GetMarginRequirementForLiquidation,
        GetFreeCollateral, GetFreeCollateralByToken, GetBalanceByToken, GetTakerPositionSize,
        GetTotalPositionSize, GetTotalOpenNotional, GetPendingFundingPayment, GetMaxTickCrossedWithinBlock,
        IsOverPriceSpread, GetFeeRatio, GetIndexPrice, IsOpen>(table);
}

}  // namespace

std::vector<ContractFunction> contract_functions() {
    std::vector<ContractFunction> table;
    add_multicall3(table);
    add_uniswap_v2(table);
    add_uniswap_v3(table);
    add_uniswap_v4(table);
    add_chainlink(table);
    add_erc20(table);
    add_swap_router02(table);
    add_aave(table);
    add_perp(table);
    return table;
}

}  // namespace outrigger::conformance
