// SPDX-License-Identifier: Apache-2.0
#include "keeper/shell/observer.hpp"

namespace outrigger {

namespace {

template <class T>
std::vector<Result<T>> all_failed(std::size_t count, const Error& error) {
    return std::vector<Result<T>>(count, tl::unexpected(error));
}

Query<U256> word(Read read) {
    return {{std::move(read)}, [](Query<U256>::Answers a) -> Result<U256> {
                if (!a[0]) return tl::unexpected(a[0].error());
                if (a[0]->size() > 32) return fail(Errc::decode, "a number wider than 256 bits");
                return U256::from_be(*a[0]);
            }};
}

/// The position with its pool's own mean price, where that is asked for. Without it the position is still
/// read.
Query<LpView> with_mean(Query<LpView> position, const std::optional<TwapSpec>& spec) {
    if (!spec) return position;
    return map(both(std::move(position), each(std::vector<Query<Twap>>{uniswap_twap(*spec)})),
               [](const auto& answers) {
                   LpView view = answers.first;
                   const auto& mean = answers.second.front();
                   view.mean_price = mean ? Result<double>(mean->price) : tl::unexpected(mean.error());
                   return view;
               });
}

}  // namespace

Reading read_round(BatchReader& reader, const Market& market, const Head& head, const Address& account) {
    std::vector<Query<LpView>> pools;
    std::vector<Query<VenueAccount>> accounts;
    for (std::size_t i = 0; i < market.pools.size(); ++i)
        pools.push_back(
            with_mean(market.pools[i]->position(), i < market.means.size() ? market.means[i] : std::nullopt));
    for (const auto& venue : market.venues) accounts.push_back(venue->account(account));

    const ChainId chain = head.block.chain;
    auto everything = both(
        both(each(std::move(pools)), read_prices(market.prices, chain)),
        both(each(std::move(accounts)), each(std::vector<Query<U256>>{word(GetNonce{chain, account}),
                                                                      word(GetBalance{chain, account})})));
    Reading out;
    out.head = head;
    out.pins = {{chain, head.block}};
    auto answer = reader.read(out.pins, everything);
    if (!answer) {
        out.pools = all_failed<LpView>(market.pools.size(), answer.error());
        out.prices = unread_prices(market.prices, answer.error());
        out.accounts = all_failed<VenueAccount>(market.venues.size(), answer.error());
        return out;
    }
    out.pools = std::move(answer->first.first);
    out.prices = std::move(answer->first.second);
    out.accounts = std::move(answer->second.first);
    auto& words = answer->second.second;
    if (words[0] && words[0]->fits_u64()) {
        out.nonce = Nonce(words[0]->as_u64());
    } else if (!words[0]) {
        out.nonce = tl::unexpected(words[0].error());
    }
    out.balance = words[1];
    return out;
}

}  // namespace outrigger
