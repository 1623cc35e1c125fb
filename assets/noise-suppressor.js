// Runs in an AudioWorklet, where there is neither a page nor wasm-bindgen, and hands the module of
// crates/noise (src/worklet.rs) what the microphone hears, 128 samples at a time.
registerProcessor(
  "noise-suppressor",
  class extends AudioWorkletProcessor {
    constructor({ processorOptions }) {
      super();
      this.module = new WebAssembly.Instance(processorOptions.module).exports;
      // It is made here, and not while sound waits for it.
      this.at = this.module.samples();
    }

    process([[input]], [[output]]) {
      const { memory, process } = this.module;
      // Anew each time: a memory that has grown is another buffer.
      const samples = new Float32Array(memory.buffer, this.at, 128);
      if (input) samples.set(input);
      else samples.fill(0);
      process();
      output.set(samples);
      return true;
    }
  },
);
