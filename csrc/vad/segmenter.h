// From probabilities to the start and end of speech. Pure: no audio, no clock.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

namespace electron_local {

struct SegmenterOptions {
  float start_threshold = 0.5f;  // speech starts at a probability of at least this, in (0, 1]
  float end_threshold = 0.35f;   // a pause starts at a probability below this, in (0, start_threshold]
  int min_speech_ms = 96;  // shorter speech is dropped; a start is reported this much after it, in [0, 60000]
  int min_silence_ms = 200;  // a pause this long ends the speech, in [0, 60000]
  int padding_ms = 30;       // added on both sides, as far as there are samples, in [0, 10000]
  double max_speech_s =
      std::numeric_limits<double>::infinity();  // longer speech is cut; >= 0.1 and >= min + padding
};

struct SpeechEvent {
  bool is_start;
  std::int64_t sample;  // at 16 kHz, from the start of the stream
};

// Hysteresis of Silero's get_speech_timestamps, one probability at a time: speech starts at start_threshold;
// a pause starts below end_threshold and ends at start_threshold; a pause of min_silence_ms ends the speech
// where the pause began. Segments [start, stop) are in order, never overlap and are at most max_speech_s
// long; speech that goes on after a cut starts again at the cut. Owned by one stream, used by one thread at a
// time.
class Segmenter {
 public:
  // Throws InvalidArgument.
  explicit Segmenter(const SegmenterOptions& options);

  // Takes the probability of the next `n_samples` (512, fewer only at the end of the stream); appends what it
  // decides.
  void push(float probability, int n_samples, std::vector<SpeechEvent>& events);

  // The stream has ended: closes open speech at the start of its pause or at the last sample, then starts
  // over.
  void flush(std::vector<SpeechEvent>& events);

  void reset();

  // True from the reported start to the reported stop.
  bool is_speaking() const { return state_ == State::kSpeech; }

 private:
  enum class State { kSilence, kCandidate, kSpeech };
  static constexpr std::int64_t kNone = -1;

  void close(std::vector<SpeechEvent>& events);
  void cut(std::vector<SpeechEvent>& events);

  const SegmenterOptions options_;
  const std::int64_t min_speech_;
  const std::int64_t min_silence_;
  const std::int64_t padding_;
  const std::int64_t max_speech_;
  State state_ = State::kSilence;
  std::int64_t position_ = 0;         // samples heard
  std::int64_t start_ = 0;            // where the candidate or speech began, without padding
  std::int64_t reported_start_ = 0;   // with padding
  std::int64_t pause_start_ = kNone;  // where the pause inside it began
  std::int64_t last_stop_ = 0;        // no segment begins before this
};

}  // namespace electron_local
