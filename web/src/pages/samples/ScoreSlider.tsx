/** From which score on the model's boxes are shown. */
import { useEffect, useState } from 'react';
import styles from './ScoreSlider.module.css';

export function ScoreSlider({ value, onChange }: { value: number; onChange: (value: number) => void }) {
  const [draft, setDraft] = useState(value);
  const [of, setOf] = useState(value);
  if (of !== value) {
    setOf(value);
    setDraft(value);
  }
  useEffect(() => {
    if (draft === value) return undefined;
    const timer = setTimeout(() => onChange(draft), 120);
    return () => {
      clearTimeout(timer);
    };
  }, [draft, value, onChange]);
  return (
    <label className={styles.slider}>
      Sure at least
      <input
        type="range"
        min={0}
        max={0.95}
        step={0.05}
        value={draft}
        onChange={(event) => setDraft(Number(event.target.value))}
      />
      <output>{Math.round(draft * 100)} %</output>
    </label>
  );
}
