// SPDX-License-Identifier: Apache-2.0
#include "hedge/venue/revert.hpp"

#include <algorithm>
#include <array>

#include "chain/abi/function.hpp"
#include "chain/abi/revert.hpp"

namespace outrigger {
namespace {

struct Meaning {
    std::string_view code;
    std::string_view words;
};

/// Aave speaks in numbers up to 3.3 and in custom errors, with these names, from 3.4 on.
struct AaveMeaning {
    std::string_view number;
    std::string_view error;
    std::string_view words;
};

// Source: Aave core-v3 1.19 and aave-v3-origin 3.6, Errors.sol; those a hedging account can meet.
constexpr std::array kAave{
    AaveMeaning{"26", "InvalidAmount()", "the amount is zero"},
    AaveMeaning{"27", "ReserveInactive()", "the Aave reserve is not active"},
    AaveMeaning{"28", "ReserveFrozen()", "the Aave reserve is frozen: no new supply or loan"},
    AaveMeaning{"29", "ReservePaused()", "the Aave reserve is paused"},
    AaveMeaning{"30", "BorrowingNotEnabled()", "the Aave reserve cannot be borrowed"},
    AaveMeaning{"32", "NotEnoughAvailableUserBalance()", "more is withdrawn than was supplied"},
    AaveMeaning{"33", "InvalidInterestRateModeSelected()", "Aave does not know this interest rate mode"},
    AaveMeaning{"34", "CollateralBalanceIsZero()", "there is no collateral at Aave"},
    AaveMeaning{"35", "HealthFactorLowerThanLiquidationThreshold()", "Aave's health factor would be below 1"},
    AaveMeaning{"36", "CollateralCannotCoverNewBorrow()", "the collateral at Aave does not cover this loan"},
    AaveMeaning{"39", "NoDebtOfSelectedType()", "there is no such debt at Aave to repay"},
    AaveMeaning{"42", "NoOutstandingVariableDebt()", "there is no variable-rate debt at Aave"},
    AaveMeaning{"43", "UnderlyingBalanceZero()", "nothing is supplied to Aave"},
    AaveMeaning{"50", "BorrowCapExceeded()", "the Aave reserve's borrow cap is reached"},
    AaveMeaning{"51", "SupplyCapExceeded()", "the Aave reserve's supply cap is reached"},
    AaveMeaning{"53", "DebtCeilingExceeded()", "the collateral's isolation debt ceiling is reached"},
    AaveMeaning{"57", "LtvValidationFailed()", "collateral that no longer counts must be withdrawn first"},
    AaveMeaning{"58", "InconsistentEModeCategory()", "the token is outside the account's e-mode category"},
    AaveMeaning{"59", "PriceOracleSentinelCheckFailed()", "Aave blocks loans after a sequencer outage"},
    AaveMeaning{"60", "AssetNotBorrowableInIsolation()", "the token cannot be borrowed in isolation mode"},
    AaveMeaning{"62", "UserInIsolationModeOrLtvZero()", "the account is in isolation mode"},
    AaveMeaning{"89", "SiloedBorrowingViolation()", "a siloed token cannot be borrowed beside another"},
    AaveMeaning{"100", "NotBorrowableInEMode()", "the token is outside the account's e-mode category"},
};

// Source: curie-contract, the require statements; those a hedging account can meet.
constexpr std::array kPerp{
    Meaning{"CH_NEFCI", "too little margin to open this position (initial margin)"},
    Meaning{"CH_NEFCM", "too little margin to reduce this position (maintenance margin)"},
    Meaning{"CH_TLRS", "the short would be sold below the price limit"},
    Meaning{"CH_TMRS", "the short would cost more than the price limit"},
    Meaning{"CH_TLRL", "the purchase would give less than the price limit"},
    Meaning{"CH_TMRL", "the purchase would cost more than the price limit"},
    Meaning{"CH_TE", "the deadline passed before the transaction was mined"},
    Meaning{"CH_MNO", "the market is not open"},
    Meaning{"CH_MP", "the market is paused"},
    Meaning{"CH_PSZ", "there is no position to close"},
    Meaning{"CH_OMPS", "the market's price is too far from its index"},
    Meaning{"CH_F0S", "the trade is too small to move anything"},
    Meaning{"CH_IIC", "the insurance fund cannot cover the loss"},
    Meaning{"CH_EAV", "the account is healthy and cannot be liquidated"},
    Meaning{"EX_OPLAS", "the trade moves the price further than the market allows in one block"},
    Meaning{"EX_OPB", "the trade moves the price too far from the index"},
    Meaning{"EX_MIP", "the market is suspended"},
    Meaning{"EX_BTNE", "there is no such market"},
    Meaning{"EX_TKMM", "the market's own simulation of the trade disagrees with it"},
    Meaning{"AB_MNE", "the account is in too many markets"},
    Meaning{"UB_UOA", "the market has too little liquidity for this amount"},
    Meaning{"V_GTSTBC", "the vault's deposit cap is reached"},
    Meaning{"V_GTDC", "the vault's deposit cap for this token is reached"},
    Meaning{"V_NEFC", "more margin is withdrawn than is free"},
    Meaning{"V_OSCT", "the vault does not take this token"},
    Meaning{"V_ZA", "the amount is zero"},
    Meaning{"OLD", "a pool's price history is younger than the average that is asked for"},
    Meaning{"SPL", "the market is already beyond the price limit"},
};

// Source: Uniswap swap-router-contracts and v3-core; OpenZeppelin ERC20.
constexpr std::array kSwap{
    Meaning{"Too little received", "the sale would bring less than the price limit"},
    Meaning{"Too much requested", "the purchase would cost more than the price limit"},
    Meaning{"Transaction too old", "the deadline passed before the transaction was mined"},
    Meaning{"STF", "a token could not be taken: too little balance or allowance"},
    Meaning{"ERC20: transfer amount exceeds balance", "too little of a token in the wallet"},
    Meaning{"ERC20: insufficient allowance", "the contract may not take that much of a token"},
    Meaning{"ERC20: transfer amount exceeds allowance", "the contract may not take that much of a token"},
};

template <class Table>
std::string_view words_for(const Table& table, std::string_view code) {
    const auto* const found =
        std::find_if(table.begin(), table.end(), [&](const auto& m) { return m.code == code; });
    return found == table.end() ? std::string_view{} : found->words;
}

std::string with_code(std::string_view words, std::string_view code) {
    return std::string(words) + " (" + std::string(code) + ")";
}

/// The reason without what nodes put in front of it.
std::string_view bare(std::string_view reason) {
    for (const std::string_view prefix : {"execution reverted: ", "execution reverted", "revert: "}) {
        if (reason.substr(0, prefix.size()) == prefix) {
            reason.remove_prefix(prefix.size());
            break;
        }
    }
    return reason;
}

}  // namespace

std::string explain_revert(std::string_view reason) {
    const std::string_view code = bare(reason);
    for (const AaveMeaning& m : kAave) {
        if (m.number == code || m.error == code || m.error.substr(0, m.error.size() - 2) == code) {
            return with_code(m.words, code);
        }
    }
    if (const auto words = words_for(kPerp, code); !words.empty()) return with_code(words, code);
    if (const auto words = words_for(kSwap, code); !words.empty()) return with_code(words, code);
    return code.empty() ? "no reason given" : std::string(code);
}

std::string explain_revert(ByteView data) {
    if (data.size() == 4) {
        const Selector selector{{data[0], data[1], data[2], data[3]}};
        for (const AaveMeaning& m : kAave) {
            if (abi::selector_of(m.error) == selector) return with_code(m.words, m.error);
        }
    }
    return explain_revert(std::string_view(abi::revert_reason(data)));
}

}  // namespace outrigger
