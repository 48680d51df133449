#include "llm/alternatives.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iterator>
#include <utility>

#include "base/error.h"

namespace electron_local {
namespace {

constexpr float kMostOdds = 8.0f;  // log-odds beyond which one way is as sure as another
constexpr float kAhead = 8.0f;     // of the best way before what is none, where the answers decide

}  // namespace

Alternatives::Alternatives(AlternativesSpec spec)
    : spec_(std::move(spec)),
      verdicts_(spec_.ways.size()),
      stage_(spec_.at_start ? Stage::kOpen : Stage::kBefore) {
  for (std::size_t i = 0; i < spec_.ways.size(); ++i) {
    const AlternativesSpec::Way& way = spec_.ways[i];
    if (way.tokens.empty()) throw InvalidArgument("a way has no tokens");
    if (!spec_.at_start && way.tokens.front() != spec_.ways.front().tokens.front())
      throw InvalidArgument("all ways must begin with the same token, or with the answer");
    open_.push_back(i);
    if (!way.question.empty()) continue;
    verdicts_[i].was_asked = true;
    verdicts_[i].log_odds = 0.0f;
  }
  if (open_.size() < 2) stage_ = Stage::kOver;
}

void Alternatives::accept(Token token) {
  if (stage_ == Stage::kOver) return;
  if (stage_ == Stage::kBefore && token != spec_.ways.front().tokens.front()) return;
  stage_ = Stage::kOpen;
  const auto leads_elsewhere = [&](std::size_t i) {
    const std::vector<Token>& tokens = spec_.ways[i].tokens;
    return n_along_ >= tokens.size() || tokens[n_along_] != token;
  };
  open_.erase(std::remove_if(open_.begin(), open_.end(), leads_elsewhere), open_.end());
  ++n_along_;
  if (open_.size() < 2) stage_ = Stage::kOver;
}

// The open ways by their next tokens. None where one of them has no more.
std::vector<Alternatives::Branch> Alternatives::fork() const {
  std::vector<Branch> branches;
  for (const std::size_t i : open_) {
    if (n_along_ >= spec_.ways[i].tokens.size()) return {};
    const Token token = spec_.ways[i].tokens[n_along_];
    auto branch = std::find_if(branches.begin(), branches.end(),
                               [&](const Branch& other) { return other.token == token; });
    if (branch == branches.end()) branch = branches.insert(branch, {token, {}});
    branch->ways.push_back(i);
  }
  return branches;
}

bool Alternatives::is_in_doubt(const std::vector<Branch>& branches, const float* logits, int n_vocab) const {
  const auto best = std::max_element(
      branches.begin(), branches.end(),
      [&](const Branch& one, const Branch& other) { return logits[one.token] < logits[other.token]; });
  // An answer need not go any of the ways that it may begin with.
  if (spec_.at_start && logits[best->token] < *std::max_element(logits, logits + n_vocab)) return false;
  const bool is_trusted = std::any_of(best->ways.begin(), best->ways.end(),
                                      [this](std::size_t i) { return spec_.ways[i].is_trusted; });
  float total = 0.0f;  // of the probabilities, in units of the best one's
  for (const Branch& branch : branches) total += std::exp(logits[branch.token] - logits[best->token]);
  return !is_trusted && 1.0f < spec_.doubt * total;
}

LogitBias Alternatives::weigh(const float* logits, int n_vocab) {
  is_asking_ = false;
  if (stage_ != Stage::kOpen) return {};
  const std::vector<Branch> branches = fork();
  if (branches.size() < 2) return {};
  is_asking_ = !unasked().empty() && is_in_doubt(branches, logits, n_vocab);
  if (is_asking_) return {};
  read_answers();
  std::vector<float> odds;  // of the best way of each branch
  for (const Branch& branch : branches) {
    odds.push_back(-kMostOdds);
    for (const std::size_t i : branch.ways) {
      if (std::isnan(verdicts_[i].log_odds)) return {};
      odds.back() = std::max(odds.back(), verdicts_[i].log_odds);
    }
  }
  const float best = *std::max_element(odds.begin(), odds.end());
  if (best <= spec_.least) return {};
  LogitBias bias;
  float highest = -std::numeric_limits<float>::infinity();
  for (std::size_t i = 0; i < branches.size(); ++i) {
    bias.emplace_back(branches[i].token, spec_.weight * (odds[i] - best));
    highest = std::max(highest, logits[branches[i].token] + bias.back().second);
  }
  const float lift = std::max(0.0f, *std::max_element(logits, logits + n_vocab) + kAhead - highest);
  for (auto& [token, added] : bias) added += lift;
  return bias;
}

std::vector<std::size_t> Alternatives::unasked() const {
  std::vector<std::size_t> found;
  std::copy_if(open_.begin(), open_.end(), std::back_inserter(found),
               [this](std::size_t i) { return !verdicts_[i].was_asked; });
  return found;
}

void Alternatives::expect(std::size_t way, std::shared_ptr<Generation> answer) {
  verdicts_[way].was_asked = true;
  verdicts_[way].answer = std::move(answer);
  is_asking_ = !unasked().empty();
}

bool Alternatives::has_answers() const {
  return std::all_of(verdicts_.begin(), verdicts_.end(),
                     [](const Verdict& each) { return each.answer == nullptr || each.answer->has_ended(); });
}

void Alternatives::read_answers() {
  for (Verdict& verdict : verdicts_) {
    if (verdict.answer == nullptr || !verdict.answer->has_ended()) continue;
    verdict.log_odds = read_log_odds(*verdict.answer);
    verdict.answer = nullptr;
  }
}

// From the only token of `answer`; NaN where that is not the token asked about.
float Alternatives::read_log_odds(Generation& answer) const {
  try {
    for (const TokenEvent& event : answer.next(std::chrono::milliseconds(0))) {
      if (event.token != spec_.asked || !event.logprobs) continue;
      const double logprob = std::min(static_cast<double>(event.logprobs->logprob), -1e-7);
      const auto log_odds = static_cast<float>(logprob - std::log(-std::expm1(logprob)));
      return std::clamp(spec_.is_no ? -log_odds : log_odds, -kMostOdds, kMostOdds);
    }
  } catch (const std::exception&) {  // the question failed
  }
  return std::numeric_limits<float>::quiet_NaN();
}

void Alternatives::cancel_questions() {
  for (const Verdict& verdict : verdicts_) {
    if (verdict.answer != nullptr) verdict.answer->cancel();
  }
}

}  // namespace electron_local
