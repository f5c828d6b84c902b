import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import {
  Controller,
  Get,
  Param,
  ParseIntPipe,
  Post,
  Req,
  StreamableFile,
  UploadedFile,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { FileInterceptor } from '@nestjs/platform-express';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { JwtAuthGuard } from '../auth/jwt-auth.guard';
import { User } from '../users/user.entity';
import { Upload } from './upload.entity';

const directory = process.env.UPLOADS ?? 'uploads';

interface StoredFile {
  originalname: string;
  filename: string;
  size: number;
}

@Controller('uploads')
@UseGuards(JwtAuthGuard)
export class UploadsController {
  constructor(@InjectRepository(Upload) private readonly uploads: Repository<Upload>) {}

  @Post()
  @UseInterceptors(FileInterceptor('file', { dest: directory }))
  add(@UploadedFile() file: StoredFile, @Req() request: { user: User }): Promise<Upload> {
    const { originalname: originalName, filename: storedAs, size } = file;
    const labels = originalName.split('.').slice(1);
    return this.uploads.save({ originalName, storedAs, bytes: String(size), labels, owner: request.user });
  }

  @Get()
  list(): Promise<Upload[]> {
    return this.uploads.find({ order: { id: 'ASC' }, relations: { owner: true } });
  }

  @Get(':id')
  async content(@Param('id', ParseIntPipe) id: number): Promise<StreamableFile> {
    const { storedAs } = await this.uploads.findOneByOrFail({ id });
    return new StreamableFile(createReadStream(join(directory, storedAs)));
  }
}
