// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <functional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "chain/base/chain_types.hpp"
#include "chain/base/result.hpp"
#include "chain/base/u256.hpp"

namespace outrigger {

/// A contract read. `from` matters only to the few views that look at the caller.
struct EthCall {
    ChainId chain;
    Address to;
    Bytes data;
};
/// Answer: the raw JSON text of the receipt, or Errc::not_found when the node knows none.
struct GetReceipt {
    ChainId chain;
    TxHash hash;
};
/// Answer: 32-byte big-endian count of transactions mined at the pinned block.
struct GetNonce {
    ChainId chain;
    Address account;
};
/// Answer: 32-byte big-endian native balance at the pinned block.
struct GetBalance {
    ChainId chain;
    Address account;
};
/// Answer: the code at the pinned block; empty means no contract.
struct GetCode {
    ChainId chain;
    Address account;
};
using Read = std::variant<EthCall, GetReceipt, GetNonce, GetBalance, GetCode>;

/// A call that changes state.
struct TxCall {
    ChainId chain;
    Address to;
    U256 value;
    Bytes data;
    Gas gas_limit{};  // zero: to be estimated
    friend bool operator==(const TxCall&, const TxCall&) = default;
};

/// What to ask and how to understand the answers. A value: no I/O happens here.
/// `decode` gets one answer per read, in order; a failed read is an error in its slot.
template <class T>
struct Query {
    using Answers = std::span<const Result<Bytes>>;
    std::vector<Read> reads;
    std::function<Result<T>(Answers)> decode;
};

/// A query whose answer is `f` of this one's answer; `f` may fail by returning a Result.
template <class T, class F>
auto map(Query<T> q, F f) {
    using R = std::invoke_result_t<F, T>;
    if constexpr (requires(R r) { r.error(); }) {
        using U = typename R::value_type;
        return Query<U>{std::move(q.reads),
                        [d = std::move(q.decode), f = std::move(f)](
                            typename Query<U>::Answers a) -> Result<U> { return f(OR_TRY(d(a))); }};
    } else {
        return Query<R>{std::move(q.reads),
                        [d = std::move(q.decode), f = std::move(f)](
                            typename Query<R>::Answers a) -> Result<R> { return f(OR_TRY(d(a))); }};
    }
}

/// Two queries as one; fails when either does.
template <class A, class B>
Query<std::pair<A, B>> both(Query<A> a, Query<B> b) {
    const auto split = a.reads.size();
    auto reads = std::move(a.reads);
    reads.insert(reads.end(), b.reads.begin(), b.reads.end());
    return {std::move(reads),
            [split, da = std::move(a.decode),
             db = std::move(b.decode)](std::span<const Result<Bytes>> r) -> Result<std::pair<A, B>> {
                auto first = OR_TRY(da(r.first(split)));
                auto second = OR_TRY(db(r.subspan(split)));
                return std::pair{std::move(first), std::move(second)};
            }};
}

/// Many queries of one kind as one. Each answer keeps its own success or failure.
template <class T>
Query<std::vector<Result<T>>> each(std::vector<Query<T>> queries) {
    std::vector<Read> reads;
    std::vector<std::size_t> ends;
    std::vector<std::function<Result<T>(std::span<const Result<Bytes>>)>> decoders;
    for (auto& q : queries) {
        reads.insert(reads.end(), q.reads.begin(), q.reads.end());
        ends.push_back(reads.size());
        decoders.push_back(std::move(q.decode));
    }
    return {std::move(reads),
            [ends = std::move(ends), decoders = std::move(decoders)](
                std::span<const Result<Bytes>> r) -> Result<std::vector<Result<T>>> {
                std::vector<Result<T>> out;
                out.reserve(ends.size());
                std::size_t begin = 0;
                for (std::size_t i = 0; i < ends.size(); ++i) {
                    out.push_back(decoders[i](r.subspan(begin, ends[i] - begin)));
                    begin = ends[i];
                }
                return out;
            }};
}

/// The single door to the outside for reads. rpc/ implements it; tests script it.
class BatchReader {
  public:
    virtual ~BatchReader() = default;
    /// The query's answer, every call executed at the pinned block of its chain.
    template <class T>
    Result<T> read(const Pins& pins, const Query<T>& q) {
        const auto answers = execute(pins, q.reads);
        return q.decode(answers);
    }

  private:
    virtual std::vector<Result<Bytes>> execute(const Pins& pins, std::span<const Read> reads) = 0;
};

}  // namespace outrigger
