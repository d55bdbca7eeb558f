// termios(3), "Canonical and noncanonical mode": what the keys do.

import { describe, expect, test } from 'vitest';
import { LineDiscipline } from '../../../src/kernel/drivers/line-discipline.ts';
import * as termios from '../../../src/kernel/drivers/termios.ts';

function terminal() {
  const heard = { output: '', signals: [] as string[], readable: 0 };
  const discipline = new LineDiscipline({
    output: (bytes) => {
      heard.output += String.fromCharCode(...bytes);
    },
    signal: (character) => heard.signals.push(character),
    readable: () => {
      heard.readable += 1;
    },
    writable: () => {},
  });
  const type = (text: string): void => {
    for (const character of text) discipline.receive(character.charCodeAt(0));
  };
  const take = (limit = 4096): string | null => {
    const bytes = discipline.take(limit);
    return bytes === null ? null : String.fromCharCode(...bytes);
  };
  return { discipline, heard, type, take };
}

describe('canonical mode', () => {
  test('a line can be read once it ends, and one read takes one line', () => {
    const { type, take, heard } = terminal();
    type('ls');
    expect(take()).toBe(null);
    type(' -l\rpwd\n');
    expect(heard.readable).toBe(2);
    expect(take()).toBe('ls -l\n');
    expect(take(2)).toBe('pw');
    expect(take()).toBe('d\n');
    expect(take()).toBe(null);
  });

  test('erase, word-erase and kill edit the line and rub it out on the screen', () => {
    const { type, take, heard } = terminal();
    type('abc\x7f');
    expect(heard.output).toBe('abc\b \b');
    type(' def ghi\x17X\n');
    expect(take()).toBe('ab def X\n');
    type('gone\x15kept\n');
    expect(take()).toBe('kept\n');
  });

  test('^D ends the file on an empty line and a partial line without a newline', () => {
    const { type, take } = terminal();
    type('abc\x04');
    expect(take()).toBe('abc');
    type('\x04');
    expect(take()).toBe('');
    expect(take()).toBe(null);
  });

  test('^V takes the next character as it is', () => {
    const { type, take, heard } = terminal();
    type('\x16\x03\n');
    expect(heard.signals).toEqual([]);
    expect(take()).toBe('\x03\n');
  });

  test('keys echo, control characters as ^X, newline as CR LF', () => {
    const { type, heard } = terminal();
    type('a\x01\r');
    expect(heard.output).toBe('a^A\r\n');
  });
});

describe('signals', () => {
  test('^C, ^\\ and ^Z signal and drop what was typed; NOFLSH keeps it', () => {
    const { discipline, type, take, heard } = terminal();
    type('abc\x03');
    expect(heard.signals).toEqual(['interrupt']);
    expect(heard.output).toBe('abc^C');
    type('\x1c\x1a\n');
    expect(heard.signals).toEqual(['interrupt', 'quit', 'suspend']);
    expect(take()).toBe('\n');
    discipline.settings.localFlags |= termios.NOFLSH;
    type('kept\x03\n');
    expect(take()).toBe('kept\n');
  });

  test('without ISIG they are input', () => {
    const { discipline, type, take } = terminal();
    discipline.settings.localFlags &= ~termios.ISIG;
    type('\x03\n');
    expect(take()).toBe('\x03\n');
  });
});

describe('non-canonical mode', () => {
  function raw(minimum: number, time = 0) {
    const made = terminal();
    made.discipline.settings.localFlags &= ~(termios.ICANON | termios.ECHO);
    made.discipline.settings.controlCharacters[termios.VMIN] = minimum;
    made.discipline.settings.controlCharacters[termios.VTIME] = time;
    return made;
  }

  test('VMIN bytes are waited for, or as many as were asked', () => {
    const { type, take, discipline } = raw(3);
    type('ab');
    expect(take()).toBe(null);
    expect(discipline.hasInput).toBe(false);
    expect(take(2)).toBe('ab');
    type('cde');
    expect(discipline.hasInput).toBe(true);
    expect(take()).toBe('cde');
  });

  test('VMIN 0 without VTIME never waits', () => {
    const { type, take } = raw(0);
    expect(take()).toBe('');
    type('x');
    expect(take()).toBe('x');
  });

  test('leaving canonical mode makes the unfinished line readable', () => {
    const { discipline, type, take } = terminal();
    type('abc');
    discipline.settings.localFlags &= ~termios.ICANON;
    discipline.settings.controlCharacters[termios.VMIN] = 1;
    discipline.modeChanged(true);
    expect(take()).toBe('abc');
  });
});

test('input beyond the buffer is lost, with a bell if IMAXBEL', () => {
  const { discipline, type, take, heard } = terminal();
  discipline.settings.localFlags &= ~termios.ECHO;
  discipline.settings.inputFlags |= termios.IMAXBEL;
  type('a'.repeat(5000));
  expect(heard.output).toBe('\x07'.repeat(5000 - 4095));
  type('\n');
  expect(take(8192)).toHaveLength(4096);
});

test('^S stops output, ^Q starts it', () => {
  const { discipline, type } = terminal();
  type('\x13');
  expect(discipline.stopped).toBe(true);
  type('\x11');
  expect(discipline.stopped).toBe(false);
});
