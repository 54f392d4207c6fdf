// When a running job must be heard of, warned, stopped and killed: pure arithmetic on given times,
// so that tests turn the hands.
#pragma once
#include <algorithm>
#include <vector>

#include "base/time.h"

namespace spotter::exec {

enum class Act { kHeartbeat, kWarn, kStop, kKill };

struct TimerLimits {
  TimeMs timeout_ms = 0;  // 0 = none
  TimeMs warn_ms = 0;     // so long before the limit, at most half of it; 0 = never
  TimeMs grace_ms = 0;    // from stop to kill
  TimeMs heartbeat_ms = 0;
};

class JobTimer {
 public:
  JobTimer(const TimerLimits& limits, TimeMs now)
      : grace_ms_(limits.grace_ms), heartbeat_ms_(limits.heartbeat_ms) {
    heartbeat_at_ = now + heartbeat_ms_;
    if (limits.timeout_ms > 0) {
      stop_at_ = now + limits.timeout_ms;
      if (limits.warn_ms > 0) {
        warn_at_ = stop_at_ - std::min(limits.warn_ms, limits.timeout_ms / 2);
      }
    }
  }

  // The job was told to stop for another reason: kill after the grace. Later calls change nothing.
  void stopped(TimeMs now) {
    stop_at_ = warn_at_ = kNever;
    if (kill_at_ == kNever && !killed_) {
      kill_at_ = now + grace_ms_;
    }
  }

  // What is due by now, in order; each act once, the heartbeat again and again.
  std::vector<Act> due(TimeMs now) {
    std::vector<Act> acts;
    if (now >= heartbeat_at_) {
      acts.push_back(Act::kHeartbeat);
      heartbeat_at_ = now + heartbeat_ms_;
    }
    if (now >= warn_at_) {
      acts.push_back(Act::kWarn);
      warn_at_ = kNever;
    }
    if (now >= stop_at_) {
      acts.push_back(Act::kStop);
      stopped(now);
    }
    if (now >= kill_at_) {
      acts.push_back(Act::kKill);
      kill_at_ = kNever;
      killed_ = true;
    }
    return acts;
  }

  // When something is due next.
  [[nodiscard]] TimeMs next() const {
    return std::min({heartbeat_at_, warn_at_, stop_at_, kill_at_});
  }

 private:
  static constexpr TimeMs kNever = TimeMs{1} << 60;
  TimeMs grace_ms_;
  TimeMs heartbeat_ms_;
  TimeMs heartbeat_at_ = kNever;
  TimeMs warn_at_ = kNever;
  TimeMs stop_at_ = kNever;
  TimeMs kill_at_ = kNever;
  bool killed_ = false;
};

}  // namespace spotter::exec
