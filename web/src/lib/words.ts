/** The words of the loop for people who know no machine learning. One place, so that pages agree. */

import { sentence } from './format';

export type Tone = 'neutral' | 'good' | 'warn' | 'bad' | 'accent';

interface Words {
  text: string;
  tone: Tone;
}

const kStates: Record<string, Words> = {
  pending: { text: 'Not yet', tone: 'neutral' },
  queued: { text: 'In the queue', tone: 'neutral' },
  running: { text: 'Running', tone: 'accent' },
  waiting: { text: 'Waits for you', tone: 'warn' },
  done: { text: 'Done', tone: 'good' },
  failed: { text: 'Failed', tone: 'bad' },
  skipped: { text: 'Skipped', tone: 'neutral' },
  interrupted: { text: 'Interrupted', tone: 'bad' },
  cancelled: { text: 'Cancelled', tone: 'neutral' },
  requeue: { text: 'Starts again', tone: 'warn' },
  lost: { text: 'Lost', tone: 'bad' },
  open: { text: 'Open', tone: 'warn' },
  exported: { text: 'With the team', tone: 'accent' },
  collected: { text: 'Collected', tone: 'good' },
  closed: { text: 'Closed', tone: 'neutral' },
  collecting: { text: 'Collecting', tone: 'accent' },
  labelling: { text: 'Being labelled', tone: 'accent' },
  training: { text: 'In training', tone: 'accent' },
  fixed: { text: 'Fixed', tone: 'good' },
  regressed: { text: 'Came back', tone: 'bad' },
  ignored: { text: 'Ignored', tone: 'neutral' },
};

export function stateWords(state: string): Words {
  return kStates[state] ?? { text: state, tone: 'neutral' };
}

const kVerdicts: Record<string, Words> = {
  pass: { text: 'Passed', tone: 'good' },
  fail: { text: 'Failed', tone: 'bad' },
  inconclusive: { text: 'Undecided', tone: 'warn' },
  hold: { text: 'Held', tone: 'warn' },
};

export function verdictWords(verdict: string): Words {
  return kVerdicts[verdict] ?? { text: verdict, tone: 'neutral' };
}

interface StepWords {
  title: string;
  what: string;
}

const kSteps: Record<string, StepWords> = {
  ingest: { title: 'Bring in', what: 'New pictures and labels are taken in.' },
  checks: { title: 'Check', what: 'Every check looks for what the model got wrong.' },
  triage: { title: 'Sort', what: 'Mistakes are grouped by what they have in common, worst first.' },
  curate: { title: 'Collect', what: 'More pictures of the worst kinds are picked.' },
  label: { title: 'Label', what: 'People draw what is really there.' },
  version: { title: 'Freeze', what: 'The data becomes a version that never changes.' },
  train: { title: 'Train', what: 'A new model learns from it.' },
  evaluate: { title: 'Measure', what: 'Old and new model are scored on the same pictures.' },
  gate: { title: 'Compare', what: 'The new model must be better, and nowhere worse.' },
  deploy: { title: 'Ship', what: 'A person has the last look, then it goes to work.' },
  monitor: { title: 'Watch', what: 'Is production still like what it learned?' },
};

/** The steps in the order of the loop. */
export const kStepOrder = Object.keys(kSteps);

export function stepWords(step: string): StepWords {
  return kSteps[step] ?? { title: step, what: '' };
}

const kErrors: Record<string, string> = {
  miss: 'Overlooked',
  false_alarm: 'False alarm',
  wrong_class: 'Wrong kind',
  bad_box: 'Badly placed',
  duplicate: 'Counted twice',
  label_missing: 'Not labelled',
  label_class: 'Label of the wrong kind',
  label_box: 'Label badly placed',
  label_spurious: 'Label of nothing',
  label_invalid: 'Label breaks a rule',
  high_loss: 'Surprises the model',
  uncertain: 'Unsure',
  novel: 'Unfamiliar',
  near_duplicate: 'Nearly the same',
  leak: 'In training and test',
  shift: 'More frequent now',
  failure_cluster: 'Fails like its kind',
  flagged: 'Flagged by a person',
  miscalibrated: 'Too sure',
  wrong_future: 'Came otherwise',
};

export function errorWords(error: string): string {
  return kErrors[error] ?? error.replaceAll('_', ' ');
}

const kVerdictsOnFindings: Record<string, string> = {
  model_error: 'The model is wrong',
  label_error: 'The label is wrong',
  ambiguous: 'Cannot tell',
  ignore: 'Ignore',
};

export function findingVerdictWords(verdict: string): string {
  return kVerdictsOnFindings[verdict] ?? verdict;
}

const kModelKinds: Record<string, string> = {
  train: 'Trained on the data',
  control: 'Control: same effort, old data',
  random: 'Control: random pictures',
  '': 'Brought in',
};

export function modelKindWords(kind: string): string {
  return kModelKinds[kind] ?? kind;
}

const kPredictionErrors: Record<string, string> = {
  cls: 'wrong kind',
  loc: 'badly placed',
  both: 'wrong kind and badly placed',
  dupe: 'counted twice',
  bkg: 'nothing there',
};

export function predictionErrorWords(error: string): string {
  return kPredictionErrors[error] ?? error;
}

const kJobs: Record<string, string> = {
  train: 'Train a model',
  control: 'Train the control',
  random: 'Train on random pictures',
  infer: 'Let a model look',
};

/** What a job does, for people. */
export function jobWords(kind: string): string {
  return kJobs[kind] ?? sentence(kind.replaceAll('_', ' '));
}

const kChecks: Record<string, string> = {
  flags: 'flagged by a person',
  label_loss: 'the labels surprise the model',
  label_errors: 'label probably wrong',
  uncertainty: 'the model is unsure',
  miscalibration: 'scores promise too much or too little',
  sensor_disagreement: 'another sensor disagrees',
  embedding_distance: 'unlike what it learned from',
  embeddings: 'unlike what it learned from',
  label_sanity: 'the label breaks a rule',
  error_types: 'label and model differ',
  track_disagreement: 'the frames before and after disagree',
  hindsight: 'what happened next disagrees',
};

/** Which check found something, as a reason. */
export function checkWords(check: string): string {
  return kChecks[check] ?? check.replaceAll('_', ' ');
}

/** What a task's headline metric is called in a table and what it says, for people who know no machine learning. */
export function metricWords(metric: string): { title: string; meaning: string } {
  switch (metric) {
    case 'accuracy':
      return { title: 'Right', meaning: 'Accuracy: how many of 100 answers are right.' };
    case 'ADE':
      return {
        title: 'Off by (cm)',
        meaning: 'ADE: how many centimetres the predicted path is off on average. Less is better.',
      };
    default:
      return {
        title: 'Score',
        meaning: 'AP50, out of 100: how many objects are found, and how few boxes are false alarms.',
      };
  }
}

/** The figures of a class that a page shows. */
export function classFigures(task: string): { key: string; title: string }[] {
  switch (task) {
    case 'classification':
      return [
        { key: 'recall', title: 'Recognised (recall)' },
        { key: 'precision', title: 'Trustworthy (precision)' },
      ];
    case 'trajectory':
      return [
        { key: 'ADE', title: 'Off by, on average (ADE, cm)' },
        { key: 'FDE', title: 'Off at the end (FDE, cm)' },
      ];
    default:
      return [
        { key: 'AP50', title: 'Score (AP50)' },
        { key: 'AP', title: 'Exact boxes (AP)' },
      ];
  }
}
