// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tuple>
#include <type_traits>
#include <utility>

#include "chain/abi/function.hpp"
#include "chain/abi/query.hpp"

namespace outrigger {

namespace detail {
/// What a read of `to` that answered nothing means.
inline tl::unexpected<Error> nothing_returned(const Address& to, std::string_view signature) {
    return fail(Errc::decode, "no contract at " + checksum_address(to) + " or it returned nothing for " +
                                  std::string(signature));
}

template <class F, class Arguments>
struct EthQuery;
template <class F, class... Args>
struct EthQuery<F, std::tuple<Args...>> {
    using Return = typename F::Return;
    static_assert(!std::is_void_v<Return>, "a function that returns nothing has no answer to read");

    Query<Return> operator()(ChainId chain, const Address& to, const Args&... args) const {
        return {{EthCall{chain, to, F::encode(args...)}},
                [to](typename Query<Return>::Answers answers) -> Result<Return> {
                    OR_ASSERT(answers.size() == 1);
                    const auto& answer = answers.front();
                    if (!answer) return tl::unexpected(answer.error());
                    if (answer->empty()) return nothing_returned(to, F::signature);
                    return F::decode(*answer);
                }};
    }
};
}  // namespace detail

/// Asks one contract function at the pinned block: eth_query<BalanceOf>(chain, token, owner).
/// Errors: a failed read passes through; Errc::decode when the answer is empty or not the function's.
template <class F>
// NOLINTNEXTLINE(readability-identifier-naming): an object only so that arguments convert; used as a function
inline constexpr detail::EthQuery<F, typename F::Arguments> eth_query{};

}  // namespace outrigger
