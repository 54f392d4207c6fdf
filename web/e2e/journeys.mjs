/** What people do, click by click and key by key. */
import assert from 'node:assert/strict';

const settled = async (page) => {
  await page.waitForLoadState('domcontentloaded');
  await page.waitForFunction(() => !document.querySelector('[aria-busy="true"]'));
};

export const journeys = {
  'what needs me leads to the gate report': async ({ page, address, project }) => {
    await page.goto(address);
    await page.getByRole('link', { name: /Decide about model m1/ }).click();
    await page.waitForURL(new RegExp(`/gates/${project.report.id}`));
    await page.getByRole('heading', { name: 'm1 against days' }).waitFor();
    await page.getByText('Better where it should be, and nowhere worse.').waitFor();
  },

  'a cycle leads to its gate report': async ({ page, address, project }) => {
    await page.goto(`${address}/cycles`);
    await page.getByRole('link', { name: `Cycle ${project.cycle.number}` }).click();
    await page
      .locator('[data-step="gate"][data-state="done"]')
      .getByRole('link', { name: 'Gate report' })
      .click();
    await page.waitForURL(new RegExp(`/gates/${project.report.id}`));
    await page.getByRole('heading', { name: 'Your decision' }).waitFor();
  },

  'a failure mode leads to its findings, judged by keys': async ({ page, address }) => {
    await page.goto(`${address}/modes`);
    await page
      .getByRole('link', { name: /missed squares/i })
      .first()
      .click();
    await page.getByRole('heading', { name: 'What was found' }).waitFor();
    await page.keyboard.press('1');
    await page.getByText('The model is wrong', { exact: true }).nth(1).waitFor();
  },

  'the queue is gone through by keys alone, and a decision is taken back': async ({
    page,
    address,
    project,
  }) => {
    const before = project.run('queue');
    const waiting = before.total;
    assert.ok(waiting >= 3, `${waiting} things wait`);
    await page.goto(`${address}/queue`);
    await page.getByText('Why it is here').waitFor();
    await page.getByText(`1 of ${Math.min(40, waiting)}`).waitFor();
    await page.keyboard.press('1');
    await page.getByText(/1 decision in/).waitFor();
    await page.getByText(/^2 of/).waitFor();
    await page.keyboard.press('4');
    await page.getByText(/2 decisions in/).waitFor();
    await page.getByText(/^3 of/).waitFor();
    await page.keyboard.press('p');
    await page.getByText('Take back').waitFor();
    await page.keyboard.press('u');
    await page.getByText('Taken back.').waitFor();
    await page.getByText(/1 decision in/).waitFor();
    await page.keyboard.press('z');
    await page.getByText('Close up').waitFor();
    const after = project.run('queue');
    assert.equal(after.total, waiting - 1, 'what was decided is gone, what was taken back is not');
    assert.equal(after.judged, before.judged + 1);
    assert.ok(after.judged_seconds > before.judged_seconds, 'the time that a person looked is kept');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard' }).getByText('Accept the proposed change').waitFor();
  },

  'a failure mode gets an owner and a note, and leads to its queue': async ({ page, address, project }) => {
    const mode = project.run('modes', '--all').modes[0];
    await page.goto(`${address}/modes/${mode.id}`);
    await page.getByLabel('Owner').fill('ann');
    await page.keyboard.press('Enter');
    await page.getByText('Kept.').waitFor();
    await page.getByLabel('Note').fill('lamps are dim at night');
    await page.keyboard.press('Enter');
    await page.getByText(/lamps are dim at night \(/).waitFor();
    assert.equal(project.run('modes', 'show', mode.id).owner, 'ann');
    await page.getByRole('link', { name: 'Queue', exact: true }).last().click();
    await page.waitForURL(/\/queue\?mode=/);
    await page.getByText('Only one failure mode').waitFor();
  },

  "a slice's number leads to its pictures": async ({ page, address, project }) => {
    await page.goto(`${address}/gates/${project.report.id}`);
    const row = page.getByRole('row', { name: /night/i }).first();
    await row.getByRole('link').first().click();
    await page.waitForURL(/\/samples\?/);
    const tiles = page.locator('a[data-at]');
    await tiles.first().waitFor();
    await settled(page);
    const search = new URL(page.url()).searchParams;
    assert.equal(search.get('where'), "light = 'night'");
    assert.equal(search.get('sort'), 'mistakes');
    assert.equal(await tiles.count(), 12, 'the night pictures of the test split');
    assert.match(await tiles.first().innerText(), /overlooked/);
  },

  'a picture opens, and keys go through the list': async ({ page, address }) => {
    await page.goto(`${address}/samples?where=${encodeURIComponent("light = 'day'")}`);
    await page.locator('a[data-at="0"]').click();
    await page.getByRole('heading', { name: 'scene 00/0' }).waitFor();
    await page.getByText('1 of 36').waitFor();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('heading', { name: 'scene 00/1' }).waitFor();
    await page.keyboard.press('ArrowLeft');
    await page.getByRole('heading', { name: 'scene 00/0' }).waitFor();
    await page.keyboard.press('Escape');
    await page.waitForURL(/\/samples\?where/);
  },

  'samples are filtered, and the address says so': async ({ page, address }) => {
    await page.goto(`${address}/samples`);
    await page.getByText('72 pictures').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type("light = 'night' AND label.class = 'bar'");
    await page.getByText(/pictures · Enter/).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => location.search.includes('where='));
    await page.getByText('72 pictures').waitFor({ state: 'detached' });
    await page.getByLabel('Filter').fill('light = ');
    await page.getByRole('alert').waitFor();
    await page.reload();
    assert.equal(await page.getByLabel('Filter').inputValue(), "light = 'night' AND label.class = 'bar'");
  },

  'conditions are written by pressing what is known': async ({ page, address }) => {
    await page.goto(`${address}/samples`);
    await page.getByRole('button', { name: 'Condition' }).click();
    await page.getByRole('button', { name: /^night 36/ }).click();
    await page.getByText('36 pictures').waitFor();
  },

  'a flag by one call from outside shows at once': async ({ page, address }) => {
    await page.goto(`${address}/samples?where=${encodeURIComponent('flagged = true')}`);
    await page.getByText('1 picture', { exact: true }).waitFor();
    const answer = await fetch(`${address}/api/v1/flags`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ sample: 'scene 03/1', reason: 'lamp not seen', source: 'robot' }),
    });
    assert.equal(answer.status, 200);
    await page.getByText('2 pictures', { exact: true }).waitFor();
  },

  'everything can be reached by the palette': async ({ page, address }) => {
    await page.goto(address);
    await page.getByRole('heading', { name: 'Now', exact: true }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByPlaceholder('Go somewhere or do something').fill('vers');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/versions/);
    await page.getByText('Days only').waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('m');
    await page.waitForURL(/\/models$/);
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
  },

  // Last, because it changes what the others see.
  'a new model is approved with the keyboard alone': async ({ page, address, project }) => {
    await page.goto(`${address}/gates/${project.report.id}`);
    await page.getByRole('heading', { name: 'Your decision' }).waitFor();
    await page.keyboard.press('s');
    await page.getByLabel('Note').waitFor();
    await page.waitForFunction(() => document.activeElement?.id === 'note');
    await page.keyboard.type('Nights are much better.');
    await page.keyboard.press('Control+Enter');
    await page.getByRole('heading', { name: 'It ships' }).waitFor();
    const report = project.run('gate', 'show', project.report.id);
    assert.equal(report.decision.decision, 'ship');
    assert.equal(report.decision.note, 'Nights are much better.');
    await page.goto(address);
    await page.getByRole('heading', { name: 'Now', exact: true }).waitFor();
    await settled(page);
    assert.equal(await page.getByRole('link', { name: /Decide about model/ }).count(), 0);
    // The decision let the cycle go on, and the page follows without being asked.
    await page.locator('[data-step="monitor"][data-state="done"]').waitFor();
    await page.getByRole('link', { name: 'm1', exact: true }).first().waitFor();
    const cycle = project.run('cycle', 'status');
    assert.equal(cycle.state, 'done');
    assert.equal(cycle.decision, 'shipped');
  },

  'the next cycle is started from the page': async ({ page, address, project }) => {
    await page.goto(`${address}/cycles`);
    await page.getByRole('button', { name: 'Start a cycle' }).click();
    await page.getByRole('link', { name: `Cycle ${project.cycle.number + 1}` }).click();
    await page.getByRole('heading', { name: `Cycle ${project.cycle.number + 1}` }).waitFor();
    // Nothing new came in since the last one, so there is nothing to decide.
    await page.locator('main header').getByText('Done', { exact: true }).waitFor();
    await page.getByText('there was no new model').waitFor();
  },
};
