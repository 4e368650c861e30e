// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "chain/abi/query.hpp"

namespace outrigger {

/// Many reads of different kinds that together fill one S. Any failed part fails the whole, with its name:
/// an account is known completely or not at all.
template <class S>
class Gather {
  public:
    /// Adds a read; put(S&, value) stores its answer and may refuse it by returning a failed Result<void>.
    template <class V, class Put>
    void read(std::string what, Query<V> query, Put put) {
        const std::size_t begin = reads_.size();
        const std::size_t count = query.reads.size();
        reads_.insert(reads_.end(), query.reads.begin(), query.reads.end());
        parts_.push_back([begin, count, what = std::move(what), decode = std::move(query.decode),
                          put = std::move(put)](S& into, Answers answers) -> Result<void> {
            auto value = decode(answers.subspan(begin, count));
            if (!value) return fail(value.error().code, what + ": " + value.error().what);
            if constexpr (std::is_void_v<std::invoke_result_t<const Put&, S&, V&&>>) {
                put(into, *std::move(value));
            } else {
                const Result<void> stored = put(into, *std::move(value));
                if (!stored) return fail(stored.error().code, what + ": " + stored.error().what);
            }
            return {};
        });
    }

    /// Adds a read that the whole can do without: what is not answered, or refused, stays as it was in S.
    template <class V, class Put>
    void read_if_told(Query<V> query, Put put) {
        const std::size_t begin = reads_.size();
        const std::size_t count = query.reads.size();
        reads_.insert(reads_.end(), query.reads.begin(), query.reads.end());
        parts_.push_back([begin, count, decode = std::move(query.decode), put = std::move(put)](
                             S& into, Answers answers) -> Result<void> {
            if (auto value = decode(answers.subspan(begin, count))) put(into, *std::move(value));
            return {};
        });
    }

    /// The query whose answer is finish(filled S).
    template <class F>
    auto build(F finish) && {
        using T = typename std::invoke_result_t<F, std::shared_ptr<S>>::value_type;
        const std::size_t total = reads_.size();
        return Query<T>{
            std::move(reads_),
            [total, parts = std::move(parts_), finish = std::move(finish)](Answers answers) -> Result<T> {
                if (answers.size() != total) {
                    return fail(Errc::decode, "as many answers as reads were expected");
                }
                auto filled = std::make_shared<S>();
                for (const auto& part : parts) OR_TRY(part(*filled, answers));
                return finish(std::move(filled));
            }};
    }

  private:
    using Answers = std::span<const Result<Bytes>>;
    std::vector<Read> reads_;
    std::vector<std::function<Result<void>(S&, Answers)>> parts_;
};

}  // namespace outrigger
