// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace outrigger {

/// Lets one thread wait until there may be something to do.
class WakeUp {
  public:
    WakeUp();
    ~WakeUp();
    WakeUp(const WakeUp&) = delete;
    WakeUp& operator=(const WakeUp&) = delete;

    /// Ends the wait at hand, or the next one. From any thread, or a signal handler.
    void notify() const;
    /// Comes back after `longest`, or earlier when notified, but not before `least`; at once at a signal.
    void wait(std::chrono::milliseconds least, std::chrono::milliseconds longest) const;

  private:
    int fd_ = -1;
};

}  // namespace outrigger
