// Networks, certificates and transforms as numbers; nothing is drawn here, and nothing asks the server.
// A network is {spikes: [[angle, offset, mass], ...], activation, steepness, skip: [s1, s2], constant}.

export const REACH = 1.45; // offsets of the strip: the square [-1, 1]^2 has its corners at 1.4142

/** A number, cut to where its modulus is at most `most`. */
export const clamp = (x, most) => Math.max(-most, Math.min(most, x));

const GELU = Math.sqrt(2 / Math.PI);

export const ACTIVATIONS = {
  relu: (z) => (z > 0 ? z : 0),
  "leaky_relu 0.2": (z) => (z > 0 ? z : 0.2 * z),
  abs: Math.abs,
  tanh: Math.tanh,
  sigmoid: (z) => 1 / (1 + Math.exp(-z)),
  softplus: (z) => (z > 0 ? z : 0) + Math.log1p(Math.exp(-Math.abs(z))),
  silu: (z) => z / (1 + Math.exp(-z)),
  gelu_tanh: (z) => 0.5 * z * (1 + Math.tanh(GELU * (z + 0.044715 * z * z * z))),
};

/** Functions of which lessons take their data. */
export const TARGETS = {
  pyramid: (x1, x2) => Math.max(0.8 - Math.abs(x1) - Math.abs(x2), 0),
  corner: (x1, x2) => Math.max(Math.min(x1, x2), 0),
  ridge: (x1, x2) => Math.abs(0.8 * x1 + 0.6 * x2),
};

/** The network's value at a point. */
export function valueAt(network, x1, x2) {
  const s = ACTIVATIONS[network.activation];
  const g = network.steepness;
  let sum = network.constant + network.skip[0] * x1 + network.skip[1] * x2;
  for (const [angle, offset, mass] of network.spikes) {
    sum += (mass / g) * s(g * (Math.cos(angle) * x1 + Math.sin(angle) * x2 - offset));
  }
  return sum;
}

/** n x n values of the network on [-1, 1]^2, at index i n + j that at the i-th first and j-th second coordinate. */
export function sampled(network, n) {
  const out = new Float64Array(n * n); // in single precision neurons that cancel leave visible stripes
  const s = ACTIVATIONS[network.activation];
  const g = network.steepness;
  const axis = Float64Array.from({ length: n }, (_, i) => -1 + (2 * i) / (n - 1));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      out[i * n + j] = network.constant + network.skip[0] * axis[i] + network.skip[1] * axis[j];
    }
  }
  for (const [angle, offset, mass] of network.spikes) {
    const [c, d] = [g * Math.cos(angle), g * Math.sin(angle)];
    for (let i = 0; i < n; i++) {
      const across = c * axis[i] - g * offset;
      if (network.activation === "relu") {
        // Without a call for each point; pictures follow the pointer.
        for (let j = 0; j < n; j++) {
          const z = across + d * axis[j];
          if (z > 0) out[i * n + j] += (mass / g) * z;
        }
        continue;
      }
      for (let j = 0; j < n; j++) out[i * n + j] += (mass / g) * s(across + d * axis[j]);
    }
  }
  return out;
}

/**
 * F_r(a, t) = sum r_i (a.x_i - t)_+ at `angles` angles from 0 and `offsets` offsets from -REACH to REACH. Along an angle F
 * is a broken line: each datum is counted once, in the interval below its height, and sums go from the top down.
 */
export function certificate(dual, angles, offsets) {
  const out = new Float32Array(angles * offsets);
  const step = (2 * REACH) / (offsets - 1);
  const [slopes, constants] = [new Float64Array(offsets), new Float64Array(offsets)];
  for (let i = 0; i < angles; i++) {
    const [c, s] = [Math.cos((Math.PI * i) / angles), Math.sin((Math.PI * i) / angles)];
    slopes.fill(0);
    constants.fill(0);
    for (const [x1, x2, r] of dual) {
      const height = c * x1 + s * x2 + REACH;
      const last = Math.min(offsets - 1, Math.floor(height / step));
      if (last < 0) continue;
      slopes[last] += r;
      constants[last] += r * height;
    }
    let [slope, constant] = [0, 0];
    for (let j = offsets - 1; j >= 0; j--) {
      slope += slopes[j];
      constant += constants[j];
      out[i * offsets + j] = constant - slope * j * step;
    }
  }
  return out;
}

/** The offset of the line at an angle through a point: a datum is this sinusoid. */
export function offsetOf(angle, x1, x2) {
  return Math.cos(angle) * x1 + Math.sin(angle) * x2;
}

/** The same line with its angle in [0, pi). A ReLU on the other side of it differs by an affine function alone. */
export function folded(angle, offset) {
  const turns = Math.floor(angle / Math.PI);
  return [angle - turns * Math.PI, turns % 2 ? -offset : offset];
}

/** Where the line meets the square [-1, 1]^2: [x1, x2, y1, y2], or null. */
export function chord(angle, offset) {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  let [low, high] = [-3, 3];
  for (const [start, slope] of [[c * offset, -s], [s * offset, c]]) {
    if (Math.abs(slope) < 1e-12) {
      if (Math.abs(start) > 1) return null;
      continue;
    }
    const ends = [(-1 - start) / slope, (1 - start) / slope].sort((a, b) => a - b);
    [low, high] = [Math.max(low, ends[0]), Math.min(high, ends[1])];
  }
  if (low >= high) return null;
  return [c * offset - s * low, s * offset + c * low, c * offset - s * high, s * offset + c * high];
}

/** Rows filtered by the sampled kernel of symbol |w| / (4 pi): K of the plane, the ramp. */
export function rampFiltered(sinogram, angles, offsets, step) {
  const kernel = new Float64Array(offsets);
  kernel[0] = 1 / (8 * step);
  for (let k = 1; k < offsets; k += 2) kernel[k] = -1 / (2 * Math.PI * Math.PI * k * k * step);
  const out = new Float32Array(angles * offsets);
  for (let i = 0; i < angles; i++) {
    for (let j = 0; j < offsets; j++) {
      let sum = 0;
      for (let k = 0; k < offsets; k++) sum += kernel[Math.abs(j - k)] * sinogram[i * offsets + k];
      out[i * offsets + j] = sum;
    }
  }
  return out;
}

/** Add one angle of a backprojection over the whole circle to n x n values on [-1, 1]^2; weight: the angles' spacing. */
export function addAngle(image, n, row, first, step, angle, weight) {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  for (let i = 0; i < n; i++) {
    const x1 = -1 + (2 * i) / (n - 1);
    for (let j = 0; j < n; j++) {
      const place = (c * x1 + s * (-1 + (2 * j) / (n - 1)) - first) / step;
      const k = Math.floor(place);
      if (k < 0 || k + 1 >= row.length) continue;
      image[i * n + j] += 2 * weight * (row[k] + (place - k) * (row[k + 1] - row[k]));
    }
  }
}

/** The backprojection of `used` of all angles, evenly chosen, of which the first `shown` are added. */
export function backprojected(filtered, angles, offsets, first, step, n, used, shown) {
  const image = new Float32Array(n * n);
  for (let k = 0; k < Math.min(shown, used); k++) {
    const i = Math.floor((k * angles) / used);
    const row = filtered.subarray(i * offsets, (i + 1) * offsets);
    addAngle(image, n, row, first, step, (Math.PI * i) / angles, Math.PI / used);
  }
  return image;
}

/** The sinogram of discs [x1, x2, radius, density]: chords of circles. */
export function sinogramOfDiscs(discs, angles, offsets, first, step) {
  const out = new Float32Array(angles * offsets);
  for (let i = 0; i < angles; i++) {
    for (const [x1, x2, radius, density] of discs) {
      const middle = offsetOf((Math.PI * i) / angles, x1, x2);
      for (let j = 0; j < offsets; j++) {
        const square = radius * radius - (first + j * step - middle) ** 2;
        if (square > 0) out[i * offsets + j] += 2 * density * Math.sqrt(square);
      }
    }
  }
  return out;
}

/** Numbers that the server packed: float32, the least significant byte first, in base 64. */
export function unpacked(base64) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}

/** A normal random number of mean 0 and deviation 1, to three digits. */
export function normal() {
  const radius = Math.sqrt(-2 * Math.log(1 - Math.random()));
  return Math.round(1000 * radius * Math.cos(2 * Math.PI * Math.random())) / 1000;
}
