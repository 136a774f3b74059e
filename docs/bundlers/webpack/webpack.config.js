export default {
  entry: "./main.js",
  output: { filename: "main.js", path: `${import.meta.dirname}/public` },
  devServer: { static: "public" },
  performance: { hints: false },
};
