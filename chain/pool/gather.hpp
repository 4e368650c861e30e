// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <tuple>
#include <utility>

#include "chain/abi/query.hpp"

namespace outrigger {

/// Queries of different kinds as one. Each answer keeps its own success or failure.
template <class... T>
Query<std::tuple<Result<T>...>> gather(Query<T>... queries) {
    std::vector<Read> reads;
    std::array<std::size_t, sizeof...(T)> sizes{};
    std::size_t n = 0;
    const auto append = [&](auto& q) {
        reads.insert(reads.end(), q.reads.begin(), q.reads.end());
        sizes[n++] = q.reads.size();
    };
    (append(queries), ...);
    auto decoders = std::tuple{std::move(queries.decode)...};
    return {std::move(reads),
            [sizes, decoders = std::move(decoders)](
                std::span<const Result<Bytes>> answers) -> Result<std::tuple<Result<T>...>> {
                std::size_t begin = 0;
                std::size_t i = 0;
                const auto decode = [&](const auto& decoder) {
                    const auto part = answers.subspan(begin, sizes[i]);
                    begin += sizes[i++];
                    return decoder(part);
                };
                // Braces: evaluated left to right.
                return std::apply([&](const auto&... d) { return std::tuple<Result<T>...>{decode(d)...}; },
                                  decoders);
            }};
}

}  // namespace outrigger
