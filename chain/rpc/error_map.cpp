// SPDX-License-Identifier: Apache-2.0
#include "chain/rpc/error_map.hpp"

#include <algorithm>
#include <array>

namespace outrigger {
namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return out;
}

template <std::size_t N>
bool mentions(std::string_view text, const std::array<std::string_view, N>& words) {
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view w) { return text.find(w) != std::string_view::npos; });
}

struct SendText {
    std::string_view part;  // lower case
    SendFault fault;
};

// The first match wins, so the longer of two overlapping texts stands first.
constexpr std::array kSendTexts{
    // it has these bytes
    SendText{"already known", SendFault::already_known},      // geth, reth, Erigon, newer Besu, Nethermind
    SendText{"alreadyknown", SendFault::already_known},       // Nethermind
    SendText{"known transaction", SendFault::already_known},  // Besu, older geth
    SendText{"already imported", SendFault::already_known},   // anvil, OpenEthereum
    SendText{"alreadyimported", SendFault::already_known},    // Substrate
    SendText{"existing tx with same hash", SendFault::already_known},  // Erigon
    // the nonce is held by something in the pool
    SendText{"replacement transaction underpriced",
             SendFault::replacement_underpriced},                                   // geth, reth, anvil, Besu
    SendText{"replacementnotallowed", SendFault::replacement_underpriced},          // Nethermind
    SendText{"feetoolowtocompete", SendFault::underpriced},                         // Nethermind
    SendText{"ownnoncealreadyused", SendFault::replacement_underpriced},            // Nethermind
    SendText{"could not replace existing tx", SendFault::replacement_underpriced},  // Erigon
    SendText{"another transaction with same nonce", SendFault::replacement_underpriced},  // OpenEthereum
    // nonce
    SendText{"nonce too low", SendFault::nonce_too_low},  // geth, reth, anvil, Erigon, Besu
    SendText{"nonce is too low", SendFault::nonce_too_low},
    SendText{"oldnonce", SendFault::nonce_too_low},  // Nethermind
    SendText{"nonce too high", SendFault::nonce_too_high},
    SendText{"noncegap", SendFault::nonce_too_high},                     // Nethermind
    SendText{"nonce too far in future", SendFault::nonce_too_high},      // Nethermind
    SendText{"nonce too distant in future", SendFault::nonce_too_high},  // Besu
    SendText{"transaction nonce is too distant", SendFault::nonce_too_high},
    // money; before the fee texts, because some of these mention gas prices
    SendText{"insufficient funds", SendFault::no_funds},  // geth, reth, anvil, Erigon
    SendText{"insufficientfunds", SendFault::no_funds},   // Nethermind
    SendText{"insufficient balance", SendFault::no_funds},
    SendText{"upfront cost exceeds account balance", SendFault::no_funds},  // Besu
    SendText{"not enough funds", SendFault::no_funds},                      // Arbitrum
    SendText{"would cause overdraft", SendFault::no_funds},                 // geth
    // fees
    SendText{"exceeds the configured cap", SendFault::fee_cap},    // geth, Erigon
    SendText{"transaction fee cap exceeded", SendFault::fee_cap},  // Besu
    SendText{"max fee per gas less than block base fee",
             SendFault::underpriced},                                        // geth, reth, anvil, Arbitrum
    SendText{"transaction underpriced", SendFault::underpriced},             // geth, reth
    SendText{"below configured minimum gas price", SendFault::underpriced},  // Besu
    SendText{"gas price below", SendFault::underpriced},                     // Besu
    SendText{"gas price too low", SendFault::underpriced},
    SendText{"gas price is too low", SendFault::underpriced},  // OpenEthereum
    SendText{"feetoolow", SendFault::underpriced},             // Nethermind
    SendText{"fee too low", SendFault::underpriced},           // Erigon
    SendText{"tip too low", SendFault::underpriced},
    SendText{"underpriced", SendFault::underpriced},  // Erigon and the rest
    // gas limit
    SendText{"intrinsic gas", SendFault::gas_limit},            // geth, reth, anvil ("too low/high"), Besu
    SendText{"intrinsicgas", SendFault::gas_limit},             // Erigon
    SendText{"exceeds block gas limit", SendFault::gas_limit},  // geth, reth, Besu
    SendText{"gaslimitexceeded", SendFault::gas_limit},         // Nethermind
    SendText{"gas limit reached", SendFault::gas_limit},        // Nethermind
    SendText{"gas limit too high", SendFault::gas_limit},       // reth, osaka's per-transaction cap
    // chain
    SendText{"invalid chain id", SendFault::wrong_chain},  // geth, anvil
    SendText{"wrong chain id", SendFault::wrong_chain},    // Besu
    SendText{"wrong chainid", SendFault::wrong_chain},     // Besu
    SendText{"chain id mismatch", SendFault::wrong_chain},
    SendText{"invalid sender", SendFault::wrong_chain},  // what geth says when it recovers a stranger
    // room
    SendText{"txpool is full", SendFault::pool_full},    // geth, reth
    SendText{"sub-pool is full", SendFault::pool_full},  // Erigon
    SendText{"pool full", SendFault::pool_full},         // Arbitrum
    SendText{"queue full", SendFault::pool_full},        // Arbitrum
    SendText{"too many transactions in the queue", SendFault::pool_full},
};

}  // namespace

std::string_view to_string(SendFault fault) {
    switch (fault) {
        case SendFault::none: return "none";
        case SendFault::already_known: return "already_known";
        case SendFault::nonce_too_low: return "nonce_too_low";
        case SendFault::nonce_too_high: return "nonce_too_high";
        case SendFault::replacement_underpriced: return "replacement_underpriced";
        case SendFault::underpriced: return "underpriced";
        case SendFault::no_funds: return "no_funds";
        case SendFault::gas_limit: return "gas_limit";
        case SendFault::fee_cap: return "fee_cap";
        case SendFault::wrong_chain: return "wrong_chain";
        case SendFault::pool_full: return "pool_full";
        case SendFault::wrong_hash: return "wrong_hash";
        case SendFault::no_answer: return "no_answer";
        case SendFault::unknown: return "unknown";
    }
    return "unknown";
}

SendFault classify_send(const NodeFault& fault) {
    const std::string text = lower(fault.message);
    for (const auto& [part, meaning] : kSendTexts) {
        if (text.find(part) != std::string::npos) return meaning;
    }
    return SendFault::unknown;
}

Errc classify_call(const NodeFault& fault) {
    const std::string text = lower(fault.message);
    // Code 3 is geth's and anvil's; -32015 is Nethermind's, for every failure of the EVM.
    static constexpr std::array<std::string_view, 2> kReverted{"execution reverted", "vm execution error"};
    if (fault.code == 3 || !fault.data.empty() || mentions(text, kReverted)) return Errc::reverted;
    static constexpr std::array<std::string_view, 6> kLimited{"rate limit",    "too many requests",
                                                              "request limit", "request count",
                                                              "compute units", "capacity exceeded"};
    if (fault.code == 429 || fault.code == -32005 || mentions(text, kLimited)) return Errc::transport;
    return Errc::rpc;
}

PinFault classify_pin(const NodeFault& fault) {
    const std::string text = lower(fault.message);
    static constexpr std::array<std::string_view, 8> kGone{
        "header not found", "header for hash not found", "not currently canonical", "unknown block",
        "block not found",  "resource not found",        "not canonical",           "could not be found"};
    if (fault.code == -32001 || mentions(text, kGone)) return PinFault::gone;
    static constexpr std::array<std::string_view, 4> kUnsupported{
        "cannot unmarshal object", "invalid argument", "invalid params", "blockhash"};
    if (fault.code == -32602 || mentions(text, kUnsupported)) return PinFault::unsupported;
    return PinFault::none;
}

BatchFault classify_batch(const NodeFault& fault) {
    const std::string text = lower(fault.message);
    static constexpr std::array<std::string_view, 6> kTooLarge{
        "response too large", "response is too big",      "response size exceeded",
        "request is too big", "request entity too large", "content length too large"};
    if (mentions(text, kTooLarge)) return BatchFault::too_many;
    if (text.find("batch") == std::string::npos) return BatchFault::none;
    // geth, Erigon, Nethermind, reth, and gateways with limits of their own
    static constexpr std::array<std::string_view, 8> kSize{"too large", "too big", "too many",  "limit",
                                                           "exceed",    "maximum", "more than", "batch size"};
    return mentions(text, kSize) ? BatchFault::too_many : BatchFault::refused;
}

std::optional<std::size_t> named_batch_size(const NodeFault& fault, std::size_t asked) {
    std::optional<std::size_t> best;
    std::size_t number = 0;
    bool in_number = false;
    const auto end_number = [&] {
        if (in_number && number > 0 && number < asked) best = std::max(best.value_or(0), number);
        in_number = false;
        number = 0;
    };
    for (const char c : fault.message) {
        if (c >= '0' && c <= '9') {
            in_number = true;
            number = std::min<std::size_t>(number * 10 + static_cast<std::size_t>(c - '0'), 1'000'000);
        } else {
            end_number();
        }
    }
    end_number();
    return best;
}

bool is_method_missing(const NodeFault& fault) {
    const std::string text = lower(fault.message);
    static constexpr std::array<std::string_view, 4> kMissing{
        "method not found", "does not exist/is not available", "method not supported", "unsupported method"};
    return fault.code == -32601 || mentions(text, kMissing);
}

}  // namespace outrigger
