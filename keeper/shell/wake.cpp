// SPDX-License-Identifier: Apache-2.0
#include "keeper/shell/wake.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

#include "chain/base/assert.hpp"

namespace outrigger {

WakeUp::WakeUp() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    OR_ASSERT(fd_ >= 0);
}

WakeUp::~WakeUp() {
    ::close(fd_);
}

void WakeUp::notify() const {
    const std::uint64_t one = 1;
    // Fails only when it has been notified without end, which is as good.
    [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);
}

void WakeUp::wait(std::chrono::milliseconds least, std::chrono::milliseconds longest) const {
    // Whoever notifies without end may not make us ask without end.
    if (::poll(nullptr, 0, static_cast<int>(least.count())) < 0) return;
    pollfd notified{fd_, POLLIN, 0};
    const auto rest = longest > least ? longest - least : std::chrono::milliseconds{0};
    if (::poll(&notified, 1, static_cast<int>(rest.count())) <= 0) return;
    std::uint64_t count = 0;
    [[maybe_unused]] const auto taken = ::read(fd_, &count, sizeof count);
}

}  // namespace outrigger
