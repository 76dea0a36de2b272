/** `datetime.strftime` in the C locale, with glibc's padding flags (`%-d`, `%_d`). */
const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;
const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;

/** Formats local time. Unknown directives stay as they are. */
export function strftime(date: Date, format: string): string {
  return format.replace(/%([-_0^#]?)([a-zA-Z%])/g, (whole, flag: string, directive: string) => {
    const text = expand(date, directive);
    if (text === undefined) return whole;
    if (flag === '-') return text.replace(/^[0 ]+(?=.)/, '');
    if (flag === '_') return text.replace(/^0+(?=.)/, (zeros) => ' '.repeat(zeros.length));
    return flag === '^' ? text.toUpperCase() : text;
  });
}

function expand(date: Date, directive: string): string | undefined {
  const two = (value: number): string => String(value).padStart(2, '0');
  const hour12 = date.getHours() % 12 === 0 ? 12 : date.getHours() % 12;
  switch (directive) {
    case 'a':
      return days[date.getDay()]!.slice(0, 3);
    case 'A':
      return days[date.getDay()];
    case 'b':
    case 'h':
      return months[date.getMonth()]!.slice(0, 3);
    case 'B':
      return months[date.getMonth()];
    case 'c':
      return strftime(date, '%a %b %e %H:%M:%S %Y');
    case 'C':
      return two(Math.floor(date.getFullYear() / 100));
    case 'd':
      return two(date.getDate());
    case 'D':
    case 'x':
      return strftime(date, '%m/%d/%y');
    case 'e':
      return String(date.getDate()).padStart(2, ' ');
    case 'f':
      return `${String(date.getMilliseconds()).padStart(3, '0')}000`;
    case 'F':
      return strftime(date, '%Y-%m-%d');
    case 'H':
      return two(date.getHours());
    case 'I':
      return two(hour12);
    case 'j':
      return String(dayOfYear(date) + 1).padStart(3, '0');
    case 'm':
      return two(date.getMonth() + 1);
    case 'M':
      return two(date.getMinutes());
    case 'n':
      return '\n';
    case 'p':
      return date.getHours() < 12 ? 'AM' : 'PM';
    case 'R':
      return strftime(date, '%H:%M');
    case 's':
      return String(Math.floor(date.getTime() / 1000));
    case 'S':
      return two(date.getSeconds());
    case 't':
      return '\t';
    case 'T':
    case 'X':
      return strftime(date, '%H:%M:%S');
    case 'u':
      return String(date.getDay() === 0 ? 7 : date.getDay());
    case 'U':
      return two(Math.floor((dayOfYear(date) + 7 - date.getDay()) / 7));
    case 'w':
      return String(date.getDay());
    case 'W':
      return two(Math.floor((dayOfYear(date) + 7 - ((date.getDay() + 6) % 7)) / 7));
    case 'y':
      return two(date.getFullYear() % 100);
    case 'Y':
      return String(date.getFullYear());
    // `datetime.now()` carries no time zone.
    case 'z':
    case 'Z':
      return '';
    case '%':
      return '%';
    default:
      return undefined;
  }
}

/** 0 on the first of January. */
function dayOfYear(date: Date): number {
  const utc = (year: number, month: number, day: number): number => Date.UTC(year, month, day) / 86_400_000;
  return utc(date.getFullYear(), date.getMonth(), date.getDate()) - utc(date.getFullYear(), 0, 1);
}
