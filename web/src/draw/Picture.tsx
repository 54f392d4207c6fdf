/** A picture with marks over it, as large as its place; tells which mark the pointer is on. */
import { useEffect, useRef, useState } from 'react';
import { type Box, type Size, type View, contain, containPart, hit, toFrame } from '../lib/geometry';
import { useTask } from './task';
import { drawChips, drawMarks } from './drawMarks';
import type { Mark } from './marks';
import { TrackPicture } from './TrackPicture';
import type { Track } from './track';
import styles from './Picture.module.css';

interface PictureProps {
  src: string;
  size: Size;
  marks: readonly Mark[];
  alt: string;
  width?: number;
  texts?: boolean;
  chosen?: number;
  /** Only this part of the picture is shown, as large as its place. */
  part?: Box;
  /** The sample is a track: it is drawn, and `src` and marks are not. */
  track?: Track | null;
  onChoose?: (mark: number) => void;
}

function useSize(ref: React.RefObject<HTMLElement | null>): Size {
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    const observer = new ResizeObserver((entries) => {
      const box = entries[0]?.contentRect;
      if (box) setSize({ width: box.width, height: box.height });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
    };
  }, [ref]);
  return size;
}

function placed(size: Size, view: View): React.CSSProperties {
  return {
    position: 'absolute',
    left: view.x,
    top: view.y,
    width: size.width * view.scale,
    height: size.height * view.scale,
    maxWidth: 'none',
    objectFit: 'fill',
  };
}

export function Picture({
  src,
  size,
  marks,
  alt,
  width = 2,
  texts = false,
  chosen,
  part,
  track,
  onChoose,
}: PictureProps) {
  const wholeOnly = useTask() === 'classification';
  const frameRef = useRef<HTMLDivElement>(null);
  const canvasRef = useRef<HTMLCanvasElement>(null);
  const frame = useSize(frameRef);
  const [broken, setBroken] = useState('');

  useEffect(() => {
    const canvas = canvasRef.current;
    const context = canvas?.getContext('2d');
    if (!canvas || !context || frame.width === 0) return;
    const ratio = window.devicePixelRatio;
    canvas.width = Math.round(frame.width * ratio);
    canvas.height = Math.round(frame.height * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const view = part ? containPart(part, frame) : contain(size, frame);
    if (wholeOnly) drawChips(context, marks, view);
    else drawMarks(context, marks, view, { width, texts, chosen });
  }, [marks, frame, size, width, texts, chosen, part, wholeOnly]);

  if (track) {
    return (
      <div ref={frameRef} className={styles.frame}>
        <TrackPicture track={track} frame={frame} alt={alt} />
      </div>
    );
  }

  const pointed = (event: React.MouseEvent) => {
    const bounds = event.currentTarget.getBoundingClientRect();
    const view = part ? containPart(part, frame) : contain(size, frame);
    const boxes = marks.map((m) => toFrame(m.box, view));
    onChoose?.(hit(boxes, event.clientX - bounds.left, event.clientY - bounds.top));
  };

  return (
    <div
      ref={frameRef}
      className={styles.frame}
      onMouseMove={onChoose ? pointed : undefined}
      onMouseLeave={onChoose ? () => onChoose(-1) : undefined}
    >
      {broken === src ? (
        <span className={styles.broken}>This picture cannot be shown</span>
      ) : (
        <img
          src={src}
          alt={alt}
          decoding="async"
          draggable={false}
          style={part && frame.width > 0 ? placed(size, containPart(part, frame)) : undefined}
          onError={() => setBroken(src)}
        />
      )}
      <canvas ref={canvasRef} aria-hidden="true" />
    </div>
  );
}
