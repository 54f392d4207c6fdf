/** What the project's task calls things. One place, so that pages agree. */
import { useQuery } from '@tanstack/react-query';
import { projectQuery } from '../api/queries';
import type { MarkKind } from './marks';

export type Task = 'detection' | 'classification' | 'trajectory';

/** The project's task; detection until the server has answered. */
export function useTask(): Task {
  return (useQuery(projectQuery).data?.task ?? 'detection') as Task;
}

export interface TaskWords {
  /** What a sample is: "picture", "track". */
  sample: string;
  /** A condition to write. */
  example: string;
  /** How the first ones come in. */
  bringIn: string;
  marks: Partial<Record<MarkKind, string>>;
  shows: { value: string; label: string }[];
}

const kAll = (samples: string) => ({ value: '', label: `All ${samples}` });

const kWords: Record<Task, TaskWords> = {
  detection: {
    sample: 'picture',
    example: "weather = 'rain' AND label.class = 'cone'",
    bringIn: 'spotter import coco labels.json --images FOLDER',
    marks: {},
    shows: [
      kAll('pictures'),
      { value: 'mistakes', label: 'With mistakes' },
      { value: 'misses', label: 'With overlooked objects' },
      { value: 'false_alarms', label: 'With false alarms' },
    ],
  },
  classification: {
    sample: 'picture',
    example: "label.class = 'cat' AND width < 64",
    bringIn: 'spotter import class_folders FOLDER',
    marks: { found: 'Right', missed: 'What it is', alarm: 'What the model said' },
    shows: [kAll('pictures'), { value: 'mistakes', label: 'Wrongly answered' }],
  },
  trajectory: {
    sample: 'track',
    example: 'speed_mps > 1 AND turn_deg > 30',
    bringIn: 'spotter import ucy FOLDER',
    marks: {},
    shows: [kAll('tracks'), { value: 'mistakes', label: 'Wrongly foreseen' }],
  },
};

export function taskWords(task: Task): TaskWords {
  return kWords[task];
}

export const useWords = (): TaskWords => taskWords(useTask());
