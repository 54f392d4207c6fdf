/** Every address of the application on one page: path, what its query may hold, and the page, loaded when first needed. */
import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from '@tanstack/react-router';
import { z } from 'zod';
import { HomePage } from './pages/home/HomePage';
import { Layout } from './pages/Layout';
import { BrokenPage, NotFoundPage } from './pages/Fallbacks';

// Without compiling checks at run time: the pages' security policy forbids it.
z.config({ jitless: true });

interface Context {
  queries: QueryClient;
}

const root = createRootRouteWithContext<Context>()({
  component: Layout,
  notFoundComponent: NotFoundPage,
  errorComponent: BrokenPage,
});

const text = z.string().optional().catch(undefined);

/** What is looked at in the grid of samples; an address reproduces the view. */
const looking = z.object({
  where: text,
  sort: text,
  model: text,
  evaluation: text,
  show: text,
  class: text,
  layer: text,
  score: z.number().min(0).max(1).optional().catch(undefined),
});

const home = createRoute({ getParentRoute: () => root, path: '/', component: HomePage });

const page = <const P extends string, N extends string>(
  path: P,
  load: () => Promise<Record<N, React.ComponentType>>,
  name: N,
) => createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load, name) });

const cycles = page('/cycles', () => import('./pages/cycles/CyclesPage'), 'CyclesPage');
const cycle = page('/cycles/$cycle', () => import('./pages/cycles/CyclePage'), 'CyclePage');
const models = page('/models', () => import('./pages/models/ModelsPage'), 'ModelsPage');
const model = page('/models/$model', () => import('./pages/models/ModelPage'), 'ModelPage');
const gates = page('/gates', () => import('./pages/gates/GatesPage'), 'GatesPage');
const gate = page('/gates/$gate', () => import('./pages/gates/GatePage'), 'GatePage');
const modes = page('/modes', () => import('./pages/modes/ModesPage'), 'ModesPage');
const mode = page('/modes/$mode', () => import('./pages/modes/ModePage'), 'ModePage');
const labelling = page('/labelling', () => import('./pages/labelling/LabellingPage'), 'LabellingPage');
const campaign = page('/campaigns/$campaign', () => import('./pages/labelling/CampaignPage'), 'CampaignPage');
const batch = page('/batches/$batch', () => import('./pages/labelling/BatchPage'), 'BatchPage');
const versions = page('/versions', () => import('./pages/versions/VersionsPage'), 'VersionsPage');
const ledger = page('/ledger', () => import('./pages/ledger/LedgerPage'), 'LedgerPage');
const jobs = page('/jobs', () => import('./pages/jobs/JobsPage'), 'JobsPage');
const job = page('/jobs/$job', () => import('./pages/jobs/JobPage'), 'JobPage');
const monitor = page('/monitor', () => import('./pages/monitor/MonitorPage'), 'MonitorPage');

const samples = createRoute({
  getParentRoute: () => root,
  path: '/samples',
  validateSearch: looking,
  component: lazyRouteComponent(() => import('./pages/samples/SamplesPage'), 'SamplesPage'),
});

const sample = createRoute({
  getParentRoute: () => root,
  path: '/samples/$sample',
  validateSearch: looking.extend({ at: z.number().int().min(0).optional().catch(undefined) }),
  component: lazyRouteComponent(() => import('./pages/samples/SamplePage'), 'SamplePage'),
});

const queue = createRoute({
  getParentRoute: () => root,
  path: '/queue',
  validateSearch: z.object({ mode: text, error: text, class: text }),
  component: lazyRouteComponent(() => import('./pages/queue/QueuePage'), 'QueuePage'),
});

const tree = root.addChildren([
  home,
  cycles,
  cycle,
  models,
  model,
  gates,
  gate,
  samples,
  sample,
  queue,
  modes,
  mode,
  labelling,
  campaign,
  batch,
  versions,
  ledger,
  jobs,
  job,
  monitor,
]);

export function makeRouter(queries: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { queries },
    defaultPreload: 'intent',
    scrollRestoration: true,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
