// Banks of coefficients that are made once and shared by streams.
#pragma once

#include <algorithm>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <tuple>

#include "audio/low_pass.h"

namespace electron_local {

// from_rate_hz and to_rate_hz of the whole conversion, quality, and which stage of it.
enum class BankPlace { kAlone, kFirst, kSecond };
using BankKey = std::tuple<int, int, ResamplerQuality, BankPlace>;

// The last few banks of one kind. Any thread may call. Never destroyed: a thread may still convert while the
// process exits.
template <typename Bank>
class BankCache {
 public:
  ~BankCache() = delete;

  template <typename Make>
  std::shared_ptr<const Bank> get(const BankKey& key, const Make& make) {
    const std::lock_guard<std::mutex> lock(mutex_);
    auto entry = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.key == key; });
    if (entry == entries_.end()) {
      entries_.push_front({key, std::make_shared<const Bank>(make())});
      if (entries_.size() > kMaxBanks) entries_.pop_back();
    } else {
      entries_.splice(entries_.begin(), entries_, entry);
    }
    return entries_.front().bank;
  }

 private:
  static constexpr std::size_t kMaxBanks = 8;

  struct Entry {
    BankKey key;
    std::shared_ptr<const Bank> bank;
  };

  std::mutex mutex_;
  std::list<Entry> entries_;  // the last used first
};

}  // namespace electron_local
