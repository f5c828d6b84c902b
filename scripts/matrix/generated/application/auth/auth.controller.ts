import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { AuthService } from './auth.service';

interface Credentials {
  name: string;
  password: string;
}

@Controller('auth')
export class AuthController {
  constructor(private readonly auth: AuthService) {}

  @Post('register')
  async register(@Body() { name, password }: Credentials): Promise<{ id: string }> {
    return { id: (await this.auth.add(name, password)).id };
  }

  @Post('login')
  @HttpCode(200)
  login(@Body() { name, password }: Credentials): Promise<{ access_token: string }> {
    return this.auth.login(name, password);
  }
}
