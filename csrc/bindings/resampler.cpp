// The resampler. Input of any length worth it is converted without the GIL.
#include "audio/resampler.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <climits>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>

#include "bindings/arrays.h"
#include "bindings/bindings.h"
#include "bindings/released_gil.h"

namespace py = pybind11;

namespace electron_local {
namespace {

// Shorter input is converted in a few microseconds: giving the GIL away would cost more than it gives.
constexpr std::size_t kFramesWorthTheGil = 4096;

ResamplerQuality parse_quality(const std::string& name) {
  if (name == "fast") return ResamplerQuality::kFast;
  if (name == "voice") return ResamplerQuality::kVoice;
  if (name == "hq") return ResamplerQuality::kHq;
  if (name == "vhq") return ResamplerQuality::kVhq;
  throw InvalidArgument("quality must be fast, voice, hq or vhq, got " + name);
}

// A stream with a guard: two threads in one stream raise instead of racing.
class ResamplerStream {
 public:
  explicit ResamplerStream(const ResamplerOptions& options) : resampler_(options) {}

  py::array process(const py::handle& samples) {
    if (is_array_of<float>(samples)) return process_array(contiguous<float>(samples));
    if (is_array_of<std::int16_t>(samples)) return process_array(contiguous<std::int16_t>(samples));
    throw InvalidArgument("samples must be an array of float32 or int16, got " + describe(samples));
  }

  py::array flush() {
    const Use use(in_use_);
    return gives_int16_ ? flush_array<std::int16_t>() : flush_array<float>();
  }

  void reset() {
    const Use use(in_use_);
    resampler_.reset();
    gives_int16_ = false;
  }

  void set_drift(double ppm) {
    const Use use(in_use_);
    resampler_.set_drift(ppm);
  }

  std::size_t delay() const { return resampler_.delay(); }

  std::size_t output_size(std::size_t n_frames) {
    const Use use(in_use_);
    return resampler_.output_size(n_frames);
  }

 private:
  class Use {
   public:
    explicit Use(std::atomic<bool>& flag) : flag_(flag) {
      if (flag_.exchange(true)) throw InvalidArgument("a Resampler must not be used by two threads at once");
    }
    ~Use() { flag_.store(false, std::memory_order_release); }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    std::atomic<bool>& flag_;
  };

  // (frames,) of a mono stream, (frames, channels) of another.
  template <typename Sample>
  py::array_t<Sample> frames(std::size_t n_frames) const {
    const std::array<Py_ssize_t, 2> shape{static_cast<Py_ssize_t>(n_frames), resampler_.n_channels()};
    return new_array<Sample>(resampler_.n_channels() == 1 ? 1 : 2, shape.data());
  }

  template <typename Sample>
  void check_shape(const Array<Sample>& samples) const {
    const int n_channels = resampler_.n_channels();
    if (n_channels == 1 && samples.ndim() != 1) {
      throw InvalidArgument("samples must have 1 dimension, got " + std::to_string(samples.ndim()));
    }
    if (n_channels > 1 && (samples.ndim() != 2 || samples.shape(1) != n_channels)) {
      throw InvalidArgument("samples must have the shape (frames, " + std::to_string(n_channels) + "), got " +
                            std::string(py::str(samples.attr("shape"))));
    }
  }

  template <typename Sample>
  py::array process_array(const Array<Sample>& input) {
    check_shape(input);
    const Use use(in_use_);
    const auto n_frames = static_cast<std::size_t>(input.shape(0));
    py::array_t<Sample> output = frames<Sample>(resampler_.output_size(n_frames));
    const Sample* source = input.data();
    Sample* target = output.mutable_data();
    if (n_frames > 0) gives_int16_ = std::is_same_v<Sample, std::int16_t>;
    std::optional<ReleasedGil> release;
    if (n_frames >= kFramesWorthTheGil) release.emplace();
    resampler_.process(source, n_frames, target);
    return output;
  }

  template <typename Sample>
  py::array flush_array() {
    py::array_t<Sample> output = frames<Sample>(resampler_.flush_size());
    resampler_.flush(output.mutable_data());
    gives_int16_ = false;
    return output;
  }

  Resampler resampler_;
  bool gives_int16_ = false;  // as the last piece that was not empty
  std::atomic<bool> in_use_{false};
};

template <typename Sample>
py::array resample_array(const Array<Sample>& input, ResamplerOptions options, bool is_exact) {
  if (input.ndim() != 1 && input.ndim() != 2) {
    throw InvalidArgument("samples must have 1 or 2 dimensions, got " + std::to_string(input.ndim()));
  }
  options.n_channels =
      input.ndim() == 1 ? 1 : static_cast<int>(std::min<Py_ssize_t>(input.shape(1), INT_MAX));
  const auto n_frames = static_cast<std::size_t>(input.shape(0));
  const std::array<Py_ssize_t, 2> shape{static_cast<Py_ssize_t>(resampled_size(options, n_frames)),
                                        options.n_channels};
  py::array_t<Sample> output = new_array<Sample>(static_cast<int>(input.ndim()), shape.data());
  const Sample* source = input.data();
  Sample* target = output.mutable_data();
  const ReleasedGil release;
  resample(options, source, n_frames, target, is_exact);
  return output;
}

py::array resample_any(const py::handle& samples, int from_rate, int to_rate, const std::string& quality,
                       bool is_exact) {
  const ResamplerOptions options{from_rate, to_rate, parse_quality(quality)};
  if (is_array_of<float>(samples)) return resample_array(contiguous<float>(samples), options, is_exact);
  if (is_array_of<std::int16_t>(samples))
    return resample_array(contiguous<std::int16_t>(samples), options, is_exact);
  throw InvalidArgument("samples must be an array of float32 or int16, got " + describe(samples));
}

}  // namespace

void register_resampler(py::module_& m) {
  m.def("resample", &resample_any, py::arg("samples"), py::arg("from_rate"), py::arg("to_rate"),
        py::arg("quality"), py::arg("exact"));
  py::class_<ResamplerStream>(m, "Resampler")
      .def(
          py::init([](int from_rate, int to_rate, const std::string& quality, int n_channels,
                      bool can_drift) {
            const ResamplerOptions options{from_rate, to_rate, parse_quality(quality), n_channels, can_drift};
            ReleasedGil release;
            return std::make_unique<ResamplerStream>(options);
          }),
          py::arg("from_rate"), py::arg("to_rate"), py::arg("quality"), py::arg("n_channels") = 1,
          py::arg("can_drift") = false)
      .def("process", &ResamplerStream::process, py::arg("samples"))
      .def("flush", &ResamplerStream::flush)
      .def("reset", &ResamplerStream::reset)
      .def("set_drift", &ResamplerStream::set_drift, py::arg("ppm"))
      .def("output_size", &ResamplerStream::output_size, py::arg("n_frames"))
      .def_property_readonly("delay", &ResamplerStream::delay);
}

}  // namespace electron_local
