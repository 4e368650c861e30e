// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tuple>

#include "chain/abi/erc20.hpp"
#include "chain/abi/function.hpp"

/// The contract functions the venues read and write. Only types: the two sides that must not agree by
/// construction (planning and inspecting) share nothing else.
namespace outrigger {

/// Source: Uniswap swap-router-contracts 1.3, IV3SwapRouter and IMulticallExtended.
namespace swap_router02 {
// (tokenIn, tokenOut, fee, recipient, amountIn, amountOutMinimum, sqrtPriceLimitX96)
using ExactInputSingleParams =
    std::tuple<Address, Address, abi::UInt<24>, Address, U256, U256, abi::UInt<160>>;
using ExactInputSingle = abi::Function<"exactInputSingle", U256(ExactInputSingleParams)>;
// (tokenIn, tokenOut, fee, recipient, amountOut, amountInMaximum, sqrtPriceLimitX96)
using ExactOutputSingleParams =
    std::tuple<Address, Address, abi::UInt<24>, Address, U256, U256, abi::UInt<160>>;
using ExactOutputSingle = abi::Function<"exactOutputSingle", U256(ExactOutputSingleParams)>;
// The structs above carry no deadline; this wrapper is what enforces one.
using Multicall = abi::Function<"multicall", std::vector<Bytes>(U256, std::vector<Bytes>)>;
}  // namespace swap_router02

/// Source: Aave core-v3 1.19, IPool, IPoolDataProvider, IAaveOracle; unchanged for these functions up to 3.6.
namespace aave {
// (asset, amount, onBehalfOf, referralCode)
using Supply = abi::Function<"supply", void(Address, U256, Address, abi::UInt<16>)>;
// (asset, amount, to)
using Withdraw = abi::Function<"withdraw", U256(Address, U256, Address)>;
// (asset, amount, interestRateMode, referralCode, onBehalfOf)
using Borrow = abi::Function<"borrow", void(Address, U256, U256, abi::UInt<16>, Address)>;
// (asset, amount, interestRateMode, onBehalfOf)
using Repay = abi::Function<"repay", U256(Address, U256, U256, Address)>;

// totalCollateralBase, totalDebtBase, availableBorrowsBase, currentLiquidationThreshold, ltv, healthFactor
using GetUserAccountData =
    abi::Function<"getUserAccountData", std::tuple<U256, U256, U256, U256, U256, U256>(Address)>;
using GetUserEMode = abi::Function<"getUserEMode", U256(Address)>;

// currentATokenBalance, currentStableDebt, currentVariableDebt, principalStableDebt, scaledVariableDebt,
// stableBorrowRate, liquidityRate, stableRateLastUpdated, usageAsCollateralEnabled
using GetUserReserveData =
    abi::Function<"getUserReserveData", std::tuple<U256, U256, U256, U256, U256, U256, U256, abi::UInt<40>,
                                                   bool>(Address, Address)>;
// decimals, ltv, liquidationThreshold, liquidationBonus, reserveFactor, usageAsCollateralEnabled,
// borrowingEnabled, stableBorrowRateEnabled, isActive, isFrozen
using GetReserveConfigurationData =
    abi::Function<"getReserveConfigurationData",
                  std::tuple<U256, U256, U256, U256, U256, bool, bool, bool, bool, bool>(Address)>;
using GetPaused = abi::Function<"getPaused", bool(Address)>;
// borrowCap, supplyCap, in whole tokens; 0 means none
using GetReserveCaps = abi::Function<"getReserveCaps", std::tuple<U256, U256>(Address)>;
// unbacked, accruedToTreasuryScaled, totalAToken, totalStableDebt, totalVariableDebt, liquidityRate,
// variableBorrowRate, stableBorrowRate, averageStableBorrowRate, liquidityIndex, variableBorrowIndex,
// lastUpdateTimestamp
using GetReserveData =
    abi::Function<"getReserveData", std::tuple<U256, U256, U256, U256, U256, U256, U256, U256, U256, U256,
                                               U256, abi::UInt<40>>(Address)>;
using GetAssetPrice = abi::Function<"getAssetPrice", U256(Address)>;
}  // namespace aave

/// Source: Perpetual Protocol curie-contract, IClearingHouse, IVault, IAccountBalance, IExchange, IBaseToken.
namespace perp {
using Deposit = abi::Function<"deposit", void(Address, U256)>;
using Withdraw = abi::Function<"withdraw", void(Address, U256)>;
// (baseToken, isBaseToQuote, isExactInput, amount, oppositeAmountBound, deadline, sqrtPriceLimitX96,
// referralCode)
using OpenPositionParams = std::tuple<Address, bool, bool, U256, U256, U256, abi::UInt<160>, Hash32>;
using OpenPosition = abi::Function<"openPosition", std::tuple<U256, U256>(OpenPositionParams)>;
// (baseToken, sqrtPriceLimitX96, oppositeAmountBound, deadline, referralCode)
using ClosePositionParams = std::tuple<Address, abi::UInt<160>, U256, U256, Hash32>;
using ClosePosition = abi::Function<"closePosition", std::tuple<U256, U256>(ClosePositionParams)>;

using GetAccountValue = abi::Function<"getAccountValue", I256(Address)>;
using GetMarginRequirementForLiquidation = abi::Function<"getMarginRequirementForLiquidation", I256(Address)>;
using GetFreeCollateral = abi::Function<"getFreeCollateral", U256(Address)>;
using GetFreeCollateralByToken = abi::Function<"getFreeCollateralByToken", U256(Address, Address)>;
using GetBalanceByToken = abi::Function<"getBalanceByToken", I256(Address, Address)>;
using GetTakerPositionSize = abi::Function<"getTakerPositionSize", I256(Address, Address)>;
using GetTotalPositionSize = abi::Function<"getTotalPositionSize", I256(Address, Address)>;
using GetTotalOpenNotional = abi::Function<"getTotalOpenNotional", I256(Address, Address)>;
using GetPendingFundingPayment = abi::Function<"getPendingFundingPayment", I256(Address, Address)>;
using GetMaxTickCrossedWithinBlock = abi::Function<"getMaxTickCrossedWithinBlock", abi::UInt<24>(Address)>;
using GetSqrtMarkTwapX96 = abi::Function<"getSqrtMarkTwapX96", abi::UInt<160>(Address, abi::UInt<32>)>;
using IsOverPriceSpread = abi::Function<"isOverPriceSpread", bool(Address)>;
using GetFeeRatio = abi::Function<"getFeeRatio", abi::UInt<24>(Address)>;
using GetIndexPrice = abi::Function<"getIndexPrice", U256(U256)>;
using IsOpen = abi::Function<"isOpen", bool()>;
}  // namespace perp

}  // namespace outrigger
