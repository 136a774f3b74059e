"use client";

import { useEffect } from "react";
import { createRuntime } from "sparewheel";
import { answer } from "../answer.js";

export default function Page() {
  useEffect(() => {
    const leaving = new AbortController();
    const starting = createRuntime({ assetBase: "/sparewheel/", signal: leaving.signal });
    answer(starting);
    return () => {
      leaving.abort();
      starting.then((runtime) => runtime.dispose()).catch(() => {});
    };
  }, []);
  return (
    <>
      <p id="start">Starting …</p>
      <output />
    </>
  );
}
